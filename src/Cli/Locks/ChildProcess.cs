using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AkkaHa.Cli.Locks;

/// <summary>The command that runs under a lock: with this program's terminal, input and output.</summary>
sealed class ChildProcess : IDisposable
{
    const int NoSuchFile = 2;
    const int SigKill = 9;
    const int SigTerm = 15;

    // What does not even heed SIGKILL (it hangs in the kernel) is not waited for.
    static readonly TimeSpan KillWithin = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    readonly Process process;
    readonly Orphans orphans;

    ChildProcess(Process process, Orphans orphans)
    {
        this.process = process;
        this.orphans = orphans;
        orphans.Leave(process.Id);
    }

    /// <summary>Null: it can't be started, why, and whether there is such a command at all.</summary>
    public static ChildProcess? Start(string[] program, IEnumerable<(string Name, string Value)> environment, out string whyNot, out bool isThere)
    {
        (whyNot, isThere) = ("", true);
        if (ProgramPath.Of(program[0], Environment.GetEnvironmentVariable("PATH")) is not { } path)
        {
            (whyNot, isThere) = ($"there is no command '{program[0]}'", false);
            return null;
        }
        var start = new ProcessStartInfo(path) { UseShellExecute = false };
        foreach (var argument in program[1..]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var orphans = new Orphans();
        try
        {
            return new ChildProcess(Process.Start(start)!, orphans);
        }
        catch (Win32Exception e)
        {
            orphans.Dispose();
            (whyNot, isThere) = (e.Message, e.NativeErrorCode != NoSuchFile);
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
        var family = orphans.Family();
        // Itself first: a shell whose child has ended goes on to what comes next.
        Send(SigTerm);
        family.Send(SigTerm);
        for (var asked = Stopwatch.StartNew(); asked.Elapsed < killAfter && (!process.HasExited || family.IsRunning); family.Grow()) await Task.Delay(LookEvery);
        for (var killing = Stopwatch.StartNew(); killing.Elapsed < KillWithin && (!process.HasExited || family.IsRunning); family.Grow())
        {
            Send(SigKill);
            family.Send(SigKill);
            await Task.Delay(LookEvery);
        }
    }

    /// <summary>To the command, and to all that it has started.</summary>
    public void SendToAll(int signal)
    {
        var family = orphans.Family();
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

    public void Dispose()
    {
        orphans.Dispose();
        process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    static extern int SendSignal(int processId, int signal);
}
