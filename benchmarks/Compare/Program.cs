using System.CommandLine;
using AkkaHa.Compare;
using AkkaHa.Compare.Sqlite;
using AkkaHa.Compare.Systems;
using AkkaHa.Load;

Option<bool> quick = new("--quick") { Description = "About six minutes: short measurements, fewer numbers of clients" };
Option<string[]> systems = new("--systems") { Description = "Whom to compare", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. SystemNames.All] };
systems.AcceptOnlyFromAmong([.. SystemNames.All]);
Option<string[]> workloads = new("--workloads") { Description = "What they do; left out: all that a run of this kind has", AllowMultipleArgumentsPerToken = true };
workloads.AcceptOnlyFromAmong([.. Workload.All.Select(w => w.Name), SqliteRounds.Workload]);
Option<int[]> clients = new("--clients") { Description = "How many clients; left out: 1, 16, 64, 256, and 1,024 for puts, gets, locks and transfers (quick: 1, 64)", AllowMultipleArgumentsPerToken = true };
Option<int?> pairs = new("--pairs") { Description = "How often each is measured, by turns; left out: 5 (quick: 2)" };
Option<double?> seconds = new("--seconds") { Description = "How long a measurement is; left out: 2 (quick: 0.5)" };
Option<string?> json = new("--json") { Description = "Write a row for each cell and system to this file, too" };
Option<string?> results = new("--results") { Description = "Write the tables for people to this file" };
pairs.Validators.Add(r => { if (r.GetValueOrDefault<int?>() is < 1) r.AddError("--pairs must be at least 1."); });
seconds.Validators.Add(r => { if (r.GetValueOrDefault<double?>() is <= 0) r.AddError("--seconds must be above 0."); });
clients.Validators.Add(r => { if (r.GetValueOrDefault<int[]>()!.Any(n => n is < 1 or > 1024)) r.AddError("--clients must be 1 to 1,024."); });

RootCommand root = new("AkkaHa beside etcd, PostgreSQL and Redis: the same work, by the same clients, on one machine, by turns.") { quick, systems, workloads, clients, pairs, seconds, json, results };
root.SetAction((parsed, cancel) =>
{
    var isQuick = parsed.GetValue(quick);
    var time = TimeSpan.FromSeconds(parsed.GetValue(seconds) ?? (isQuick ? 0.5 : 2));
    return SchedulerGroup.RunAsync(group => Comparison.RunAsync(
        new CompareOptions(
            [.. parsed.GetValue(systems)!.Distinct()], Some(parsed.GetValue(workloads)), Some(parsed.GetValue(clients)), parsed.GetValue(pairs) ?? (isQuick ? 2 : 5),
            TimeSpan.FromSeconds(isQuick ? 0.25 : 1), time * 0.3, time, isQuick, parsed.GetValue(json), parsed.GetValue(results), group.Text),
        cancel));
});
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });

static IReadOnlyList<T>? Some<T>(T[]? given) => given is { Length: > 0 } ? [.. given.Distinct()] : null;
