using AkkaHa.Node.Monitoring;
using Xunit;

namespace AkkaHa.Node.Tests.Monitoring;

public sealed class TimelineTests
{
    private readonly Timeline timeline = new();

    [Fact]
    public void Calls_are_counted_by_kind_and_end_in_the_slot_of_their_time()
    {
        timeline.Add(CallKind.Keys, CallEnd.Done, 0.001, 100);
        timeline.Add(CallKind.Keys, CallEnd.Done, 0.001, 104);
        timeline.Add(CallKind.Keys, CallEnd.Refused, 0.002, 104);
        timeline.Add(CallKind.Locks, CallEnd.Failed, null, 105);
        var slots = timeline.Since(0, 110).ToArray();
        Assert.Equal([100L, 105L], slots.Select(s => s.AtSeconds));
        var keys = Assert.Single(slots[0].Tallies);
        Assert.Equal(("keys", 2L, 1L, 0L), (keys.Kind, keys.Done, keys.Refused, keys.Failed));
        Assert.Equal(3, keys.Buckets.Where((_, i) => i % 2 == 1).Sum(c => c));
        var locks = Assert.Single(slots[1].Tallies);
        Assert.Equal(("locks", 1L, 0), (locks.Kind, locks.Failed, locks.Buckets.Count));
    }

    [Fact]
    public void Only_the_last_15_minutes_are_told_and_only_what_is_asked_for()
    {
        for (var second = 0L; second < 4000; second += 5) timeline.Add(CallKind.Keys, CallEnd.Done, null, second);
        var slots = timeline.Since(0, 3999).ToArray();
        Assert.InRange(slots.Length, Timeline.Slots, Timeline.Slots + 1);
        Assert.All(slots, s => Assert.InRange(s.AtSeconds, 3095, 3995));
        Assert.Equal([3985L, 3990L, 3995L], timeline.Since(3985, 3999).Select(s => s.AtSeconds));
        Assert.Empty(timeline.Since(0, 9999));
    }

    [Fact]
    public void A_clock_that_goes_back_wipes_nothing_out()
    {
        timeline.Add(CallKind.Keys, CallEnd.Done, null, 5000);
        timeline.Add(CallKind.Keys, CallEnd.Done, null, 5000 - ((Timeline.Slots + 1) * Timeline.SlotSeconds));
        Assert.Equal(2, Assert.Single(timeline.Since(0, 5000)).Tallies[0].Done);
    }

    [Fact]
    public void Calls_at_the_same_time_are_all_counted()
    {
        Parallel.For(0, 20_000, i => timeline.Add((CallKind)(i % 2), CallEnd.Done, 0.001 * (i % 7), 1000 + (i % 10)));
        Assert.Equal(20_000, timeline.Since(0, 1010).SelectMany(s => s.Tallies).Sum(t => t.Done));
    }
}
