using System.Runtime.InteropServices;

namespace AkkaHa.Cli.Locks;

/// <summary>
/// What the command has started and left, as <c>sh -c '(worker &amp;)'</c> does. On Linux it becomes this program's child instead of init's (prctl(2), PR_SET_CHILD_SUBREAPER), so that it is found when the lock is lost; and so it is
/// for this program to take notice of its end, or it would stay as a zombie. To be made before the command is started.
/// </summary>
sealed class Orphans : IDisposable
{
    const int SetChildSubreaper = 36;
    const int NoHang = 1;

    // Whom this process had before, as a shell does that has become it by exec, the command did not start.
    readonly ProcessFamily before = new(Environment.ProcessId, none: null);
    readonly Lock gate = new();
    PosixSignalRegistration? ends;
    int command;

    public Orphans()
    {
        if (OperatingSystem.IsLinux()) _ = Control(SetChildSubreaper, 1, 0, 0, 0);
    }

    /// <summary>From now on it takes notice of the ends of all but this one, whose exit code is somebody else's to ask for.</summary>
    public void Leave(int processId)
    {
        command = processId;
        if (!OperatingSystem.IsLinux()) return;
        ends = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Reap());
        // Of those that ended before; beside the start, since it takes a look at all processes.
        _ = Task.Run(Reap);
    }

    /// <summary>The command, all that it has started, and they in turn, whether their parents live or not. Where there is no /proc it is empty.</summary>
    public ProcessFamily Family() => new(Environment.ProcessId, before, command);

    public void Dispose() => ends?.Dispose();

    void Reap()
    {
        lock (gate)
            foreach (var ended in ProcessFamily.EndedChildrenOf(Environment.ProcessId))
                if (ended != command) _ = Wait(ended, out int _, NoHang);
    }

    [DllImport("libc", EntryPoint = "prctl")]
    static extern int Control(int option, nint second, nint third, nint fourth, nint fifth);

    [DllImport("libc", EntryPoint = "waitpid")]
    static extern int Wait(int processId, out int status, int options);
}
