using System.CommandLine;
using AkkaHa.Chaos.Timing;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Chaos.CommandLine;

/// <summary><c>time</c>: how long keys are out of service after each fault.</summary>
static class TimeCommand
{
    public static Command Create()
    {
        string[] names = [.. TimedFault.All.Select(f => f.Name), TimingRun.RollingRestart];
        Option<int> rounds = IntegerOption.Create("--rounds", "Of each fault", 1, 100, 3);
        Option<int> rate = IntegerOption.Create("--rate", "Calls a second, half of them writes", 10, 10_000, 400);
        Option<string> only = new("--only") { Description = $"These faults, separated by commas: {string.Join(", ", names)}", DefaultValueFactory = _ => "" };
        only.Validators.Add(result =>
        {
            if (RunCommand.Split(result.GetValueOrDefault<string>()).FirstOrDefault(n => !names.Contains(n)) is { } unknown) result.AddError($"there is no fault '{unknown}'");
        });
        Option<bool> check = new("--check") { Description = "Exit code 1 if a goal is missed" };
        Option<int> slack = IntegerOption.Create("--slack", "How many times longer than its goal a thing may take: for machines that are slow, or busy", 1, 100, 1);
        Option<bool> keep = new("--keep") { Description = "Keep the nodes' data and logs" };

        Command command = new("time", "Three nodes under a steady load, one fault at a time: how long keys go without service.") { rounds, rate, only, check, slack, keep };
        command.SetAction(async (parsed, cancel) =>
        {
            var faults = RunCommand.Split(parsed.GetValue(only)) is { Length: > 0 } some ? some : names;
            var options = new TimingOptions(parsed.GetValue(rounds), parsed.GetValue(rate), faults, parsed.GetValue(check), parsed.GetValue(slack), parsed.GetValue(keep));
            var reached = await TimingRun.RunAsync(options, TextWriter.Synchronized(parsed.InvocationConfiguration.Output), cancel);
            return reached || !options.Check ? ExitCode.Ok : ExitCode.Error;
        });
        return command;
    }
}
