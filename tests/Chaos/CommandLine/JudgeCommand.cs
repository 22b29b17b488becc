using System.CommandLine;
using AkkaHa.Chaos.Histories;
using AkkaHa.Chaos.Judging;

namespace AkkaHa.Chaos.CommandLine;

/// <summary><c>judge DIR</c>: judges a saved run again.</summary>
static class JudgeCommand
{
    public static Command Create()
    {
        Argument<DirectoryInfo> directory = new("DIR") { Description = "What run --out was given" };
        Command command = new("judge", "Judges a saved run again. Exit code 0: no violation.") { directory };
        command.SetAction(parsed =>
        {
            var files = new HistoryFiles(parsed.GetRequiredValue(directory).FullName);
            return RunCommand.Print(Verdict.Of(files), files.Directory, parsed.InvocationConfiguration.Output);
        });
        return command;
    }
}
