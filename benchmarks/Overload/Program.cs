using System.CommandLine;
using AkkaHa.Load;
using AkkaHa.Overload;

Option<int> seconds = new("--seconds") { Description = "How long each of the three phases is", DefaultValueFactory = _ => 30 };
Option<int?> rate = new("--rate") { Description = "Calls a second that the cluster can do; left out: measured first" };
Option<double> times = new("--times") { Description = "How many times as much the second phase asks", DefaultValueFactory = _ => 2 };
Option<string> provider = new("--provider") { Description = "The database", DefaultValueFactory = _ => "postgres" };
provider.AcceptOnlyFromAmong("postgres", "sqlite");
Option<bool> repeat = new("--repeat") { Description = "Through the .NET client, which repeats what was refused for 5 s; left out: each call is one attempt" };
Option<bool> skipOff = new("--skip-off") { Description = "Without the second run, in which nothing is refused" };
Option<string?> json = new("--json") { Description = "Write every figure to this file, too" };
Option<string[]> set = new("--set") { Description = "A setting of the nodes, as Overload:TargetMs=50", DefaultValueFactory = _ => [] };
Option<bool> keepLogs = new("--keep-logs") { Description = "Leave the nodes' logs there, and say where" };
foreach (var number in (Option[])[seconds, rate]) number.Validators.Add(r =>
{
    if (r.Tokens.Count == 1 && !(int.TryParse(r.Tokens[0].Value, out var n) && n > 0)) r.AddError($"{number.Name} must be a whole number above 0.");
});

RootCommand root = new("What becomes of calls and sessions when more is asked of three nodes than they can do. Exit code 1 when a bound is broken.") { seconds, rate, times, provider, repeat, skipOff, json, set, keepLogs };
root.SetAction((parsed, cancel) => SchedulerGroup.RunAsync(group => Benchmark.RunAsync(group, new OverloadOptions(
    TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rate), parsed.GetValue(times), parsed.GetValue(provider)!, parsed.GetValue(repeat), parsed.GetValue(skipOff), parsed.GetValue(json), parsed.GetValue(set)!, parsed.GetValue(keepLogs)), cancel)));
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
