using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Bench;

/// <summary><c>akkaha bench</c>: what a cluster gives.</summary>
static class BenchCommand
{
    const int MaxClients = 1024;
    static readonly TimeSpan CleanUpWithin = TimeSpan.FromSeconds(60);
    static readonly TimeSpan CleanUpAfterCtrlC = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Argument<string[]> workloads = new("WORKLOAD")
        {
            HelpName = "WORKLOAD",
            Description = $"One or more of {string.Join(", ", Workload.Names)}; left out: all, one after the other",
            Arity = ArgumentArity.ZeroOrMore,
        };
        workloads.AcceptOnlyFromAmong(Workload.Names);
        var clients = IntegerOption.Create("--clients", "So many ask at the same time, and each waits for its answer before it asks again", 1, MaxClients, 16);
        var seconds = IntegerOption.Create("--seconds", "How long each workload is measured", 1, 3600, 10);
        var warmUp = IntegerOption.Create("--warm-up", "Seconds before that, which do not count", 0, 600, 2);
        var spread = IntegerOption.Create("--spread", "Over so many keys, locks, accounts or sessions", 2, 100_000, 1000);
        var bytes = IntegerOption.Create("--bytes", "Size of the values that put writes and get reads", 0, 1024 * 1024, 64);
        Option<string> prefix = new("--prefix") { Description = "All names begin with this, and something random", HelpName = "text", DefaultValueFactory = _ => "akkaha-bench" };
        var json = Json.Option();
        ExampleCommand command = new("bench", "Puts load on a cluster, and tells how many operations a second it does and how long they take.",
            "akkaha bench put --clients 64 --seconds 30", "akkaha bench lock hot-lock transfer", "akkaha bench --json > before.json")
        {
            workloads, clients, seconds, warmUp, spread, bytes, prefix, endpoint, json,
        };
        command.Details = """
            What it writes is below a prefix of its own, and is deleted at the end (the names of locks stay known, as always). It takes what the cluster has: others are
            served more slowly meanwhile. Exit code 5 when nothing could be done, 1 when transfers have lost or made money.
            """;
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var options = new BenchOptions(
                parsed.GetValue(clients), TimeSpan.FromSeconds(parsed.GetValue(seconds)), TimeSpan.FromSeconds(parsed.GetValue(warmUp)), parsed.GetValue(spread), parsed.GetValue(bytes),
                $"{parsed.GetRequiredValue(prefix)}/{Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture)}/");
            var names = parsed.GetValue(workloads) is { Length: > 0 } some ? some : Workload.Names;
            return await RunAllAsync(names, client, options, parsed.GetValue(json), parsed.InvocationConfiguration, cancel);
        }));
        return command;
    }

    static async Task<int> RunAllAsync(string[] names, AkkaHaClient client, BenchOptions options, bool json, InvocationConfiguration to, CancellationToken cancel)
    {
        var output = to.Output;
        var rows = new List<string[]>();
        var code = ExitCode.Ok;
        try
        {
            foreach (var name in names)
            {
                var (loop, wrong) = await RunAsync(name, client, options, to, cancel);
                if (json) Json.WriteLine(output, BenchOutput.Of(name, loop));
                else rows.Add(BenchOutput.Row(name, loop));
                if (wrong) code = ExitCode.Error;
                else if (loop.Done == 0 && code == ExitCode.Ok) code = ExitCode.Unavailable;
            }
        }
        finally
        {
            // Also what was measured before a Ctrl-C, or before the cluster was gone.
            if (rows.Count > 0) Tables.Write(output, BenchOutput.Columns, rows);
        }
        return code;
    }

    static async Task<(LoopResult Loop, bool Wrong)> RunAsync(string name, AkkaHaClient client, BenchOptions options, InvocationConfiguration to, CancellationToken cancel)
    {
        using var progress = new ProgressLine(to.Error);
        var workload = Workload.Of(name, client, options);
        try
        {
            progress.Show($"{name}: making ready");
            await workload.PrepareAsync(cancel);
            progress.Show($"{name}: warming up");
            var plan = new LoopPlan(options.Clients, options.WarmUp, options.Time)
            {
                Progress = (gone, done) => progress.Show(string.Create(CultureInfo.InvariantCulture, $"{name}: {gone.TotalSeconds:0} of {options.Time.TotalSeconds:0} s, {done / gone.TotalSeconds:N0} a second")),
            };
            var result = await ClosedLoop.RunAsync(plan, workload.RunAsync, Workload.CodeOf, cancel);
            var wrong = await workload.CheckAsync(cancel);
            if (wrong is not null) await to.Error.WriteLineAsync($"{name}: WRONG: {wrong}");
            return (result, wrong is not null);
        }
        finally
        {
            progress.Show($"{name}: cleaning up");
            await CleanUpAsync(name, workload, options, to, cancel.IsCancellationRequested ? CleanUpAfterCtrlC : CleanUpWithin);
        }
    }

    static async Task CleanUpAsync(string name, Workload workload, BenchOptions options, InvocationConfiguration to, TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        try
        {
            await workload.CleanUpAsync(patience.Token);
        }
        catch (Exception e) when (e is AkkaHaException or OperationCanceledException)
        {
            await to.Error.WriteLineAsync($"{name}: not all is cleaned up ({e.Message}); keys that are left begin with {options.Prefix}");
        }
    }
}
