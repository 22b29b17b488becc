using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaHa.Core.Entities;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>
/// An acquireAll is struck at every point there is, on the slot's node and on those of the locks. Afterwards the client has been told what is so, nothing is held in part, nothing is under
/// way. AKKAHA_LONG=1 tries more orders of things.
/// </summary>
public sealed class MultiLockCrashTests(ITestOutputHelper output)
{
    private static readonly ulong[] Seeds = LongFactAttribute.IsOn ? [1, 2, 3, 4, 5, 6] : [1, 2];

    private static readonly Way[] DyingNodes = [Way.Node, Way.NodeLost, Way.NodeLanded];

    private static readonly Course[] Courses = Enum.GetValues<Course>();

    [Fact]
    public void A_crash_at_any_point_of_an_acquireAll_leaves_nothing_half_held() => Check(RuleSwitches.AllOn, p => p.Crashes);

    [Fact]
    public void A_message_lost_late_or_doubled_at_any_point_of_an_acquireAll_leaves_nothing_half_held() => Check(RuleSwitches.AllOn, p => p.Messages);

    [LongFact]
    public void A_node_that_dies_and_then_a_crash_at_any_points_leave_nothing_half_held()
    {
        var (runs, red) = (0, new ConcurrentBag<string>());
        var firsts = new MultiLockRun(Course.StaysHeld, 1, RuleSwitches.AllOn).Run([]).Spots.SelectMany((spot, i) => spot.Crashes.Intersect(DyingNodes).Select(way => new Strike(i, way)));
        Parallel.ForEach(firsts, first =>
        {
            var after = new MultiLockRun(Course.StaysHeld, 1, RuleSwitches.AllOn).Run(first);
            for (var spot = first.Spot + 1; spot < after.Spots.Count; spot++)
                foreach (var way in after.Spots[spot].Crashes)
                {
                    var result = new MultiLockRun(Course.StaysHeld, 1, RuleSwitches.AllOn).Run(first, new Strike(spot, way));
                    Interlocked.Increment(ref runs);
                    if (result.Violations.Count > 0) red.Add($"{first.Way} at {result.Spots[first.Spot]} (spot {first.Spot}), then {way} at {result.Spots[spot]} (spot {spot})\n  {string.Join("\n  ", result.Violations.Take(3))}");
                }
        });
        output.WriteLine($"{runs} runs");
        Assert.True(red.IsEmpty, $"{red.Count} of {runs} runs are red:\n{string.Join("\n\n", red.Take(5))}");
    }

    [Fact]
    public void Without_open_work_that_is_stored_a_crash_is_seen() => Assert.NotEmpty(Search(RuleSwitches.AllOn with { OpenWorkPersisted = false }, p => p.Crashes).Red);

    private void Check(RuleSwitches rules, Func<Spot, Way[]> ways)
    {
        var watch = Stopwatch.StartNew();
        var (runs, slowestMs, red) = Search(rules, ways);
        output.WriteLine($"{runs} runs, quiet at most {slowestMs} ms after the strike; {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.True(red.Count == 0, $"{red.Count} runs are red:\n{string.Join("\n\n", red.Take(5))}");
        Assert.True(runs > 100);
    }

    private static (int Runs, long SlowestMs, IReadOnlyList<string> Red) Search(RuleSwitches rules, Func<Spot, Way[]> ways)
    {
        var all = from course in Courses
                  from seed in Seeds
                  from strike in new MultiLockRun(course, seed, rules).Run([]).Spots.SelectMany((spot, i) => ways(spot).Select(way => new Strike(i, way)))
                  select (course, seed, strike);
        var (runs, slowest, red, gate) = (0, 0L, new ConcurrentBag<string>(), new Lock());
        Parallel.ForEach(all, one =>
        {
            var result = new MultiLockRun(one.course, one.seed, rules).Run(one.strike);
            lock (gate) (runs, slowest) = (runs + 1, Math.Max(slowest, result.QuietAfterMs));
            if (result.Violations.Count > 0) red.Add($"{one.course}, seed {one.seed}: {one.strike.Way} at {result.Spots[one.strike.Spot]} (spot {one.strike.Spot})\n  {string.Join("\n  ", result.Violations.Take(3))}");
        });
        return (runs, slowest, [.. red]);
    }
}
