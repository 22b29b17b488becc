using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AkkaHa.Servers;

/// <summary>
/// A server as a process of this machine that ends when this one does, however that ends: a shell beside it holds a pipe from here, and kills the server when it closes.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int Kill = 9;
    private const string Guard = """
        "$@" </dev/null >>"$LOG" 2>&1 &
        echo $!
        cat >/dev/null
        kill -9 $! 2>/dev/null
        wait
        """;

    private readonly Process guard;

    private ServerProcess(Process guard, int processId)
    {
        this.guard = guard;
        ProcessId = processId;
    }

    /// <summary>The server's own, not that of the shell.</summary>
    public int ProcessId { get; }

    public static async Task<ServerProcess> StartAsync(string logFile, string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/tmp" };
        start.Environment["LOG"] = logFile;
        foreach (var argument in (string[])["-c", Guard, "sh", program, .. arguments]) start.ArgumentList.Add(argument);
        var guard = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started");
        var id = await guard.StandardOutput.ReadLineAsync();
        return new ServerProcess(guard, int.Parse(id!, NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>SIGKILL to the server; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (guard.HasExited) return;
        // Not through the shell, which would take its time: failovers are counted from here.
        _ = SendSignal(ProcessId, Kill);
        guard.StandardInput.Close();
        await guard.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        guard.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
