using System.Runtime.InteropServices;

namespace AkkaHa.Cli.Locks;

/// <summary>
/// SIGINT and SIGTERM, which are the command's while it runs: they end it, and with it this program. Before that they end the wait for the lock.
/// </summary>
sealed class PassedOnSignals : IDisposable
{
    const int SigInt = 2;
    const int SigTerm = 15;

    readonly CancellationTokenSource received = new();
    readonly Lock gate = new();
    readonly PosixSignalRegistration[] registrations;
    ChildProcess? child;
    int? waiting;

    public PassedOnSignals() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Take(context, SigInt)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, SigTerm)),
    ];

    /// <summary>Cancelled when one came before there was a command to pass it on to.</summary>
    public CancellationToken Received => received.Token;

    /// <summary>From now on they are the command's; one that came just before, too.</summary>
    public void PassTo(ChildProcess started)
    {
        lock (gate)
        {
            child = started;
            if (waiting is { } signal) child.Send(signal);
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
            if (child is null)
            {
                waiting = signal;
                received.Cancel();
            }
            // Ctrl-C on a terminal goes to the command too, by itself: twice would be more than was meant.
            else if (signal != SigInt || !IsForeground()) child.Send(signal);
        }
    }

    static bool IsForeground() => GetForegroundGroup(0) is var group and > 0 && group == GetProcessGroup();

    [DllImport("libc", EntryPoint = "tcgetpgrp")]
    static extern int GetForegroundGroup(int descriptor);

    [DllImport("libc", EntryPoint = "getpgrp")]
    static extern int GetProcessGroup();
}
