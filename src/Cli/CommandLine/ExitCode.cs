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

    /// <summary>Stopped by Ctrl-C or SIGTERM before its end, as shells count it.</summary>
    public const int Interrupted = 130;
}
