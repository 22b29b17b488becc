using System.CommandLine;
using AkkaHa.Failover;
using AkkaHa.Load;

Option<int> kills = new("--kills") { Description = "How many kills of each side", DefaultValueFactory = _ => 20 };
Option<string> provider = new("--provider") { Description = "AkkaHa's database", DefaultValueFactory = _ => "postgres" };
provider.AcceptOnlyFromAmong("postgres", "sqlite");
Option<bool> skipEtcd = new("--skip-etcd") { Description = "AkkaHa alone" };
Option<int?> rate = new("--rate") { Description = "Calls a second to each side; left out: half of what AkkaHa is first measured to bear of calls that do not wait for answers" };
Option<string?> json = new("--json") { Description = "Write every figure to this file, too" };
Option<bool> check = new("--check") { Description = "Exit code 1 when a goal is missed" };
Option<bool> keepLogs = new("--keep-logs") { Description = "Leave the nodes' logs there, and say where" };
foreach (var number in (Option[])[kills, rate]) number.Validators.Add(r =>
{
    if (r.Tokens.Count == 1 && !(int.TryParse(r.Tokens[0].Value, out var n) && n > 0)) r.AddError($"{number.Name} must be a whole number above 0.");
});

RootCommand root = new("How long keys are out of service when a node is killed under load: AkkaHa, and etcd beside it.") { kills, provider, skipEtcd, rate, json, check, keepLogs };
root.SetAction((parsed, cancel) => SchedulerGroup.RunAsync(_ => Benchmark.RunAsync(new FailoverOptions(
    parsed.GetValue(kills), parsed.GetValue(provider)!, parsed.GetValue(skipEtcd), parsed.GetValue(rate), parsed.GetValue(json), parsed.GetValue(check), parsed.GetValue(keepLogs)), cancel)));
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
