using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AkkaHa.Cli.Locks;

/// <summary>
/// Signals of users, which are the command's while it runs. SIGINT, SIGTERM, SIGQUIT and SIGHUP go to all that it has started too, as from a terminal: they end it, and with it this program. Before that they end the wait
/// for the lock. SIGUSR1 and SIGUSR2 go to the command alone, since whoever does not expect them dies of them.
/// </summary>
sealed class PassedOnSignals : IDisposable
{
    const int SigHup = 1;
    const int SigInt = 2;
    const int SigQuit = 3;
    const int SigTerm = 15;
    // Linux's numbers; others have others, and no /proc either.
    const int SigUsr1 = 10;
    const int SigUsr2 = 12;

    readonly CancellationTokenSource received = new();
    readonly Lock gate = new();
    readonly PosixSignalRegistration[] registrations;
    ChildProcess? child;
    int? waiting;

    public PassedOnSignals() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Take(context, SigInt)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, SigTerm)),
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => Take(context, SigQuit)),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Take(context, SigHup)),
        .. OperatingSystem.IsLinux()
            ? (PosixSignalRegistration[])[PosixSignalRegistration.Create((PosixSignal)SigUsr1, context => Take(context, SigUsr1)), PosixSignalRegistration.Create((PosixSignal)SigUsr2, context => Take(context, SigUsr2))]
            : [],
    ];

    /// <summary>Cancelled when one came before there was a command to pass it on to.</summary>
    public CancellationToken Received => received.Token;

    /// <summary>The first that came before there was one; null: none did.</summary>
    public int? ReceivedSignal
    {
        get
        {
            lock (gate) return waiting;
        }
    }

    /// <summary>Starts the command; from then on they are the command's. One that comes meanwhile is, too, and so is one that came just before.</summary>
    public ChildProcess? PassTo(Func<ChildProcess?> start)
    {
        lock (gate)
        {
            child = start();
            if (waiting is { } signal) child?.SendToAll(signal);
            return child;
        }
    }

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        received.Dispose();
    }

    void Take(PosixSignalContext context, int signal)
    {
        context.Cancel = true;
        lock (gate)
        {
            if (signal is SigUsr1 or SigUsr2) child?.Send(signal);
            else if (child is null)
            {
                waiting ??= signal;
                received.Cancel();
            }
            // Ctrl-C on a terminal goes to all of them, by itself: twice would be more than was meant.
            else if (signal is not (SigInt or SigQuit) || !IsForeground()) child.SendToAll(signal);
        }
    }

    /// <summary>Whether the terminal's keys are this program's and the command's. Asked of the terminal that the process belongs to: input may come from elsewhere.</summary>
    static bool IsForeground()
    {
        try
        {
            using var terminal = File.OpenHandle("/dev/tty", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return GetForegroundGroup(terminal) is var group and > 0 && group == GetProcessGroup();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is none.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "tcgetpgrp")]
    static extern int GetForegroundGroup(SafeFileHandle descriptor);

    [DllImport("libc", EntryPoint = "getpgrp")]
    static extern int GetProcessGroup();
}
