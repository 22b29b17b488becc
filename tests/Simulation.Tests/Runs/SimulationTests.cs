using System.Diagnostics;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>
/// Whole clusters from seeds. AKKAHA_SEEDS says how many, AKKAHA_SEED replays one (and writes its trace to the temporary directory).
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_seed_keeps_all_promises()
    {
        var watch = Stopwatch.StartNew();
        var red = new List<string>();
        var seeds = Seeds.One is { } one ? [one] : Enumerable.Range(0, Seeds.Count).Select(i => Seeds.First + (ulong)i).ToArray();
        foreach (var seed in seeds)
            if (Seeds.Run(seed, Seeds.Rules, tracing: Seeds.One is not null) is { } failure) red.Add(failure);
        output.WriteLine($"{seeds.Length} seeds in {watch.Elapsed}");
        Assert.True(red.Count == 0, $"{red.Count} of {seeds.Length} seeds are red\n\n{string.Join("\n\n", red.Take(5))}\n\nall: {string.Join(' ', red.Select(r => r[..r.IndexOf(':', StringComparison.Ordinal)]))}");
    }

    [Fact]
    public void The_storms_reach_what_they_are_for()
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (ulong seed = 1; seed <= 60; seed++)
        {
            var simulation = new Simulation(seed);
            simulation.Run();
            foreach (var (what, count) in simulation.World.Counts) counts[what] = counts.GetValueOrDefault(what) + count;
        }
        foreach (var (what, count) in counts) output.WriteLine($"{count,8} {what}");
        var events = Enum.GetNames<Event.BodyOneofCase>().Except(["None"]).Select(e => $"event {e}");
        var votes = Enum.GetNames<Vote.Types.Kind>().Except(["Unspecified"]).Except(["Mismatch"]).Select(k => $"sent Vote {k}");
        string[] others = ["superseded", "write failed", "kept back by the gate", "recovery refused a gap", "answered a read of nothing", "row of outcomes alone", "sent AskStatus", "sent InDoubt", "sent DropAttempt"];
        Assert.All(events.Concat(votes).Concat(others), what => Assert.True(counts.ContainsKey(what), what));
    }

    [Fact]
    public void A_seed_is_the_same_run_every_time()
    {
        var (one, other) = (new Simulation(7, tracing: true), new Simulation(7, tracing: true));
        one.Run();
        other.Run();
        Assert.Equal(one.World.TraceLines, other.World.TraceLines);
        Assert.True(one.World.TraceLines.Count > 1000);
    }
}
