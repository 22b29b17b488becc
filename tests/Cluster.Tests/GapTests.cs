using AkkaHa.Load;
using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>What the failover benchmark calls a gap.</summary>
public sealed class GapTests
{
    private static readonly long Second = TimeProvider.System.TimestampFrequency;

    [Fact]
    public void It_lasts_from_the_last_success_before_to_the_first_one_after()
    {
        var gap = Gap.Of([Answered((8, 9), (11, 14), (15, 15), (16, 16))], from: 10 * Second, to: 17 * Second);
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(3)), (gap.Longest, gap.AllAnsweredAfter!.Value, gap.LongestCall));
    }

    [Fact]
    public void A_call_that_was_under_way_before_is_no_proof_that_a_key_is_back_but_ends_its_gap()
    {
        var gap = Gap.Of([Answered((8, 9), (9, 11), (12, 13))], from: 10 * Second, to: 14 * Second);
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2)), (gap.Longest, gap.AllAnsweredAfter!.Value, gap.LongestCall));
    }

    [Fact]
    public void Of_several_keys_the_worst_counts_and_one_that_does_not_come_back_counts_up_to_the_end()
    {
        var gone = Answered((9, 9), (10, 30));
        gone.Failed(11 * Second);
        var gap = Gap.Of([Answered((9, 9), (10, 11), (19, 19)), gone], from: 10 * Second, to: 20 * Second);
        Assert.Equal((TimeSpan.FromSeconds(11), null, 1, 2), (gap.Longest, gap.AllAnsweredAfter, gap.GivenUp, gap.Lanes));
    }

    [Fact]
    public void Reads_and_writes_of_a_key_are_told_apart_and_every_shard_has_one()
    {
        var lanes = new LaneSet(16);
        Assert.Equal(32, lanes.All.Count);
        Assert.Equal(16, lanes.All.Select(lanes.ShardOf).Distinct().Count());
        lanes.Heat(new HashSet<int> { 3 });
        Assert.Equal([LaneAction.Put, LaneAction.Get], lanes.Hot.Select(l => l.Action).Order());
    }

    private static Lane Answered(params (int Due, int At)[] seconds)
    {
        var lane = new Lane("k", LaneAction.Get);
        foreach (var (due, at) in seconds) lane.Acknowledged(due * Second, at * Second);
        return lane;
    }
}
