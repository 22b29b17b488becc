using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AkkaHa.Cli.Locks;

/// <summary>The command that runs under a lock: with this program's terminal, input and output.</summary>
sealed class ChildProcess : IDisposable
{
    const int SigKill = 9;
    const int SigTerm = 15;

    readonly Process process;

    ChildProcess(Process process) => this.process = process;

    /// <summary>Null: it can't be started, and why.</summary>
    public static ChildProcess? Start(string[] program, IEnumerable<(string Name, string Value)> environment, out string whyNot)
    {
        var start = new ProcessStartInfo(program[0]) { UseShellExecute = false };
        foreach (var argument in program[1..]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        whyNot = "";
        try
        {
            return new ChildProcess(Process.Start(start)!);
        }
        catch (Win32Exception e)
        {
            whyNot = e.Message;
            return null;
        }
    }

    /// <summary>Its exit code (128 and the signal that ended it, as shells count it), or null when the lock is lost before that.</summary>
    public async Task<int?> EndsWhileAsync(CancellationToken lost)
    {
        try
        {
            await process.WaitForExitAsync(lost);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>SIGTERM, to all that it has started too, and SIGKILL to those that are still there after a while.</summary>
    public async Task EndAsync(TimeSpan killAfter)
    {
        var family = new ProcessFamily(process.Id);
        // Itself first: a shell whose child has ended goes on to what comes next.
        Send(SigTerm);
        family.Send(SigTerm);
        for (var asked = Stopwatch.StartNew(); asked.Elapsed < killAfter && (!process.HasExited || family.IsRunning);)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
            family.Grow();
        }
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        family.Send(SigKill);
        await process.WaitForExitAsync();
    }

    /// <summary>To the command, and to all that it has started.</summary>
    public void SendToAll(int signal)
    {
        var family = new ProcessFamily(process.Id);
        // Itself first: a shell whose child has ended goes on to what comes next.
        Send(signal);
        family.Send(signal);
    }

    public void Send(int signal)
    {
        // That it has ended meanwhile is no failure.
        if (!process.HasExited) Send(process.Id, signal);
    }

    public static void Send(int processId, int signal) => _ = SendSignal(processId, signal);

    public void Dispose() => process.Dispose();

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    static extern int SendSignal(int processId, int signal);
}
