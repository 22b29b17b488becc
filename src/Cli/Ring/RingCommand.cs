using System.CommandLine;

namespace AkkaHa.Cli.Ring;

/// <summary><c>akkaha ring</c>: where shards are, and where they would be.</summary>
static class RingCommand
{
    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("ring", "Where shards are, and where they would be.")
    {
        ShowCommand.Create(), SimulateCommand.Create(),
    };
}
