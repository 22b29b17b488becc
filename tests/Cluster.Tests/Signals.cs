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

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
