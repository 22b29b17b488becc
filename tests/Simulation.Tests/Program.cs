using System.Diagnostics;
using System.Globalization;
using AkkaHa.Simulation.Tests.Runs;

// Long runs by hand: dotnet run -c Release --project tests/Simulation.Tests -- COUNT [FIRST]
if (args is not [var countText, ..] || !int.TryParse(countText, CultureInfo.InvariantCulture, out var count) || count < 1)
{
    Console.Error.WriteLine("usage: COUNT [FIRST]   runs that many seeds; AKKAHA_OFF=rule runs them with a rule switched off");
    return 2;
}
var first = args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : 1;
var watch = Stopwatch.StartNew();
var nextReport = TimeSpan.FromSeconds(10);
var red = Sweep.Run(first, count, new Conditions(Seeds.Rules), stopAt: 5, done =>
{
    if (watch.Elapsed < nextReport) return;
    nextReport += TimeSpan.FromSeconds(10);
    Report(done);
});
foreach (var failure in red) Console.WriteLine($"\n{failure}");
if (red.Count == 0) Report(count);
Console.WriteLine(red.Count == 0 ? $"seeds {first} to {first + (ulong)count - 1}: zero violations" : $"{red.Count} seeds are red (it stops at 5)");
return red.Count == 0 ? 0 : 1;

void Report(int done) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} seeds in {watch.Elapsed:hh\\:mm\\:ss}: {done / watch.Elapsed.TotalMinutes:0} a minute"));
