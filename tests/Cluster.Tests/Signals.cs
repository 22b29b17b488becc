using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AkkaHa.Cluster.Tests;

/// <summary>Signals to processes of a test's own.</summary>
internal static class Signals
{
    public const int Stop = 19, Continue = 18;

    public static void Send(Process process, int signal)
    {
        if (SendSignal(process.Id, signal) != 0) throw new InvalidOperationException($"signal {signal} could not be sent: error {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Whether this process ignores it, as one that a script started in the background does with SIGINT. Its children do too.</summary>
    public static bool IsIgnored(int signal)
    {
        var mask = File.ReadLines("/proc/self/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..].Trim();
        return (Convert.ToUInt64(mask, 16) >> (signal - 1) & 1) != 0;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
