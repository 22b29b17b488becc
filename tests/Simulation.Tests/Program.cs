using System.Diagnostics;
using System.Globalization;
using AkkaHa.Core.Entities;
using AkkaHa.Simulation.Tests.Runs;

// By hand: many seeds, or a search for a seed that shows what a rule is for.
if (args is ["off", _, ..]) return Search(args[1], args.Length > 2 ? args[2] : "");
if (args is [var text, ..] && int.TryParse(text, CultureInfo.InvariantCulture, out var count) && count > 0)
    return Run(count, args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : 1);
Console.Error.WriteLine("""
    usage: COUNT [FIRST]          runs that many seeds, and stops at the fifth that is red; AKKAHA_OFF=rule with a rule off, AKKAHA_SHRUNK=settings with those
           off RULE [SETTINGS]    looks for a seed that is red without the rule and green with it, e.g. off Gate Kind=Outages,CrashEveryMs=500
    """);
return 2;

static int Run(int count, ulong first)
{
    var watch = Stopwatch.StartNew();
    var nextReport = TimeSpan.FromSeconds(10);
    void Report(int done) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{done} seeds in {watch.Elapsed:hh\\:mm\\:ss} ({Environment.CpuUsage.TotalTime.TotalMinutes:0.0} min of processor): {done / watch.Elapsed.TotalMinutes:0} a minute"));
    var red = Sweep.Run(first, count, new Conditions(Seeds.Rules, Seeds.Shrunk), stopAt: 5, (done, redOne) =>
    {
        if (redOne is { } seed) Console.WriteLine($"seed {seed} is red");
        if (watch.Elapsed < nextReport) return;
        nextReport += TimeSpan.FromSeconds(10);
        Report(done);
    });
    foreach (var failure in red) Console.WriteLine($"\n{failure}");
    if (red.Count == 0) Report(count);
    Console.WriteLine(red.Count == 0 ? $"seeds {first} to {first + (ulong)count - 1}: zero violations" : $"{red.Count} seeds are red (it stops at 5)");
    return red.Count == 0 ? 0 : 1;
}

static int Search(string rule, string settings)
{
    var watch = Stopwatch.StartNew();
    var rules = RuleSwitches.AllOn with { };
    foreach (var one in rule.Split(',')) (typeof(RuleSwitches).GetProperty(one) ?? throw new ArgumentException($"there is no rule '{one}'")).SetValue(rules, false);
    var found = Mutation.Find(new Conditions(rules, settings, WatchesOwners: false), "", () => watch.Elapsed < TimeSpan.FromMinutes(3));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rule}: {(found is null ? "nothing" : $"seed {found.Seed}, after {found.Seeds}")}, {watch.Elapsed.TotalSeconds:0.0} s ({Environment.CpuUsage.TotalTime.TotalSeconds:0.0} s of processor)\n{found?.Broken}"));
    return found is null ? 1 : 0;
}
