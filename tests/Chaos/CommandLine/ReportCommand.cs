using System.CommandLine;
using AkkaHa.Chaos.Figures;
using AkkaHa.Chaos.Histories;

namespace AkkaHa.Chaos.CommandLine;

/// <summary><c>report DIR…</c>: the figures of several runs together.</summary>
static class ReportCommand
{
    public static Command Create()
    {
        Argument<DirectoryInfo[]> directories = new("DIR") { Description = "What run --out was given, for each run", Arity = ArgumentArity.OneOrMore };
        Command command = new("report", "Adds the figures of saved runs up. Exit code 0: no violation in any.") { directories };
        command.SetAction(parsed =>
        {
            var runs = parsed.GetRequiredValue(directories).Select(d => new HistoryFiles(d.FullName)).ToArray();
            var sum = Count.Sum([.. runs.Select(f => f.Read<RunFigures>(f.Figures))]);
            return RunCommand.Print(sum, string.Join(", ", runs.Select(r => r.Directory)), parsed.InvocationConfiguration.Output);
        });
        return command;
    }
}
