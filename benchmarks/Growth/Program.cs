using System.CommandLine;
using System.Text.Json;
using AkkaHa.Growth;
using AkkaHa.Load;

IExperiment[] experiments = [new NodesExperiment(), new KeysExperiment(), new LocksExperiment(), new JournalExperiment()];
RootCommand root = new("How AkkaHa does with more nodes, more keys, more held locks, a longer journal. It starts everything itself; leave the machine alone meanwhile.");
foreach (var experiment in experiments) root.Add(Measuring(experiment));
root.Add(Drawing());
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });

static Command Measuring(IExperiment experiment)
{
    Option<int[]> sizes = new("--sizes") { Description = $"Left out: {string.Join(' ', experiment.Sizes)}", AllowMultipleArgumentsPerToken = true };
    Option<double> seconds = new("--seconds") { Description = "How long a measurement is", DefaultValueFactory = _ => 3 };
    Option<string?> json = new("--json") { Description = "Write all figures to this file" };
    Option<string?> pictures = new("--pictures") { Description = "Draw into this directory" };
    sizes.Validators.Add(r => { if (r.GetValueOrDefault<int[]>()!.Any(n => n < 1)) r.AddError("--sizes must be above 0."); });
    seconds.Validators.Add(r => { if (r.GetValueOrDefault<double>() <= 0) r.AddError("--seconds must be above 0."); });
    Command command = new(experiment.Name, experiment.What) { sizes, seconds, json, pictures };
    command.SetAction(async (parsed, cancel) =>
    {
        var time = TimeSpan.FromSeconds(parsed.GetValue(seconds));
        int[] chosen = [.. parsed.GetValue(sizes)!.Distinct().Order()];
        var plan = new Plan(chosen is [] ? experiment.Sizes : chosen, time / 3, time, parsed.GetValue(json), parsed.GetValue(pictures));
        return await SchedulerGroup.RunAsync(async _ => await experiment.RunAsync(plan, cancel) > 0 ? 1 : 0);
    });
    return command;
}

Command Drawing()
{
    Argument<FileInfo[]> files = new("files") { Description = "What --json wrote", Arity = ArgumentArity.OneOrMore };
    files.AcceptExistingOnly();
    Option<string> to = new("--pictures") { Description = "Draw into this directory", Required = true };
    Command command = new("draw", "The pictures once more, from files") { files, to };
    command.SetAction(parsed =>
    {
        foreach (var file in parsed.GetValue(files)!)
        {
            using var found = JsonDocument.Parse(File.ReadAllText(file.FullName));
            var name = found.RootElement.GetProperty("experiment").GetString();
            experiments.Single(e => e.Name == name).Draw(found.RootElement.GetProperty("rows"), parsed.GetValue(to)!);
        }
    });
    return command;
}
