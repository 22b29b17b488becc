namespace AkkaHa.Cli.CommandLine;

/// <summary>What akkaha's exit codes mean; fixed, because scripts branch on them.</summary>
static class ExitCode
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Refused = 4;
    public const int Unavailable = 5;
    public const int OutcomeUnknown = 6;

    /// <summary>Of <c>lock run</c>: the lock was not to be had, and nothing was run.</summary>
    public const int NotAcquired = 75;

    /// <summary>Of <c>lock run</c>: the lock was lost while the command ran.</summary>
    public const int Lost = 76;

    /// <summary>Of <c>lock run</c>: the command can't be run, as shells count it.</summary>
    public const int CannotRun = 126;

    /// <summary>Of <c>lock run</c>: there is no such command, as shells count it.</summary>
    public const int NoSuchCommand = 127;

    /// <summary>Of <c>lock run</c>: and the number of the signal that ended the wait for the lock, or the command, as shells count it.</summary>
    public const int Signalled = 128;

    /// <summary>Stopped by Ctrl-C or SIGTERM before its end, as shells count it.</summary>
    public const int Interrupted = 130;
}
