using System.CommandLine;
using AkkaHa.Chaos.Figures;
using AkkaHa.Chaos.Nemeses;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Chaos.CommandLine;

/// <summary><c>run</c>: one run, judged.</summary>
static class RunCommand
{
    public static Command Create()
    {
        Option<double> minutes = new("--minutes") { Description = "How long faults go on", DefaultValueFactory = _ => 5 };
        Option<int> seed = IntegerOption.Create("--seed", "Of the faults and of what clients do", 0, int.MaxValue, 1);
        Option<int> nodes = IntegerOption.Create("--nodes", "Beside a spare one that joins and leaves", 3, 9, 4);
        Option<int> clients = IntegerOption.Create("--clients", "Clients, each with seventeen that work through it", 1, 32, 3);
        Option<double> between = new("--between") { Description = "Seconds from one fault to the next, on average", DefaultValueFactory = _ => 2.5 };
        Option<string> provider = new("--provider") { Description = "The database", DefaultValueFactory = _ => "postgres" };
        provider.AcceptOnlyFromAmong("postgres", "sqlite");
        Option<string> only = new("--only") { Description = $"These nemeses, separated by commas: {string.Join(", ", Nemesis.All.Select(n => n.Name))}", DefaultValueFactory = _ => "" };
        only.Validators.Add(result =>
        {
            if (Split(result.GetValueOrDefault<string>()).FirstOrDefault(n => Nemesis.All.All(k => k.Name != n)) is { } unknown) result.AddError($"there is no nemesis '{unknown}'");
        });
        Option<string> without = new("--break") { Description = "Start the nodes without this safety rule, to see that the judge notices", HelpName = "Rule", DefaultValueFactory = _ => "" };
        Option<DirectoryInfo> directory = new("--out") { Description = "Where the histories go; left out: a directory under the temporary one" };
        Option<bool> keep = new("--keep") { Description = "Keep the nodes' data and logs" };

        Command command = new("run", "A run: a cluster, clients, faults, rest, verdict. Exit code 0: no violation.") { minutes, seed, nodes, clients, between, provider, only, without, directory, keep };
        command.SetAction(async (parsed, cancel) =>
        {
            var options = new ChaosOptions
            {
                Time = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
                Seed = parsed.GetValue(seed),
                Nodes = parsed.GetValue(nodes),
                Clients = parsed.GetValue(clients),
                Between = TimeSpan.FromSeconds(parsed.GetValue(between)),
                Provider = parsed.GetValue(provider)!,
                Only = Split(parsed.GetValue(only)),
                Break = parsed.GetValue(without)!,
                Directory = parsed.GetValue(directory)?.FullName ?? System.IO.Directory.CreateTempSubdirectory("akkaha-chaos-").FullName,
                Keep = parsed.GetValue(keep),
            };
            var output = TextWriter.Synchronized(parsed.InvocationConfiguration.Output);
            var figures = await ChaosRun.RunAsync(options, output, cancel);
            return Print(figures, options.Directory, output);
        });
        return command;
    }

    /// <summary>Prints figures, and what is wrong; gives the exit code.</summary>
    public static int Print(RunFigures figures, string directory, TextWriter output)
    {
        foreach (var line in FigureText.Of(figures)) output.WriteLine(line);
        if (figures.ViolationCount == 0) return ExitCode.Ok;
        output.WriteLine($"\nThe evidence is in {Path.Combine(directory, "violations.txt")}");
        return ExitCode.Error;
    }

    /// <summary>Names that are separated by commas.</summary>
    public static string[] Split(string? names) => (names ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
