using AkkaHa.Core.Eventual;
using Xunit;

namespace AkkaHa.Core.Tests.Eventual;

public sealed class ClusterClockTests
{
    private const long MayDiffer = 1000;

    [Fact]
    public void A_clock_that_is_an_hour_ahead_is_held_to_the_middle_one()
    {
        var clock = ClusterClock.Alone.Heard("b", 10_000, 3_610_000).Heard("c", 10_500, 3_610_000);
        Assert.Equal(10_500, clock.Now(3_610_000, MayDiffer));
    }

    [Fact]
    public void A_clock_that_is_about_right_counts_though_another_is_wrong()
    {
        var clock = ClusterClock.Alone.Heard("b", 3_610_000, 10_000).Heard("c", 10_600, 10_000);
        Assert.Equal(10_000, clock.Now(10_000, MayDiffer));
    }

    [Fact]
    public void Of_two_the_earlier_counts()
    {
        Assert.Equal(10_000, ClusterClock.Alone.Heard("b", 10_000, 3_610_000).Now(3_610_000, MayDiffer));
        Assert.Equal(10_000, ClusterClock.Alone.Heard("b", 3_610_000, 10_000).Now(10_000, MayDiffer));
    }

    [Fact]
    public void Alone_a_node_has_only_its_own()
    {
        Assert.Equal(7, ClusterClock.Alone.Now(7, MayDiffer));
        Assert.Equal(7, ClusterClock.Alone.Heard("b", 1_000_000, 0).Among(new HashSet<string>()).Now(7, MayDiffer));
    }

    [Fact]
    public void Time_never_goes_back_for_who_has_seen_a_later_one()
    {
        var seen = HybridTime.At(5000);
        var next = HybridTime.After(seen, 10);
        Assert.True(next.CompareTo(seen) > 0);
        Assert.Equal(5000, next.WallMs);
        Assert.Equal(HybridTime.At(6000), HybridTime.After(seen, 6000));
    }
}
