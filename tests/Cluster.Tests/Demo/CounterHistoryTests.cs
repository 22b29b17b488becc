using AkkaHa.Cli.Demo;
using Xunit;

namespace AkkaHa.Cluster.Tests.Demo;

/// <summary>The demonstration's own checks must be able to fail.</summary>
public sealed class CounterHistoryTests
{
    private readonly CounterHistory history = new();

    [Fact]
    public void A_history_in_which_revisions_and_fences_grow_is_sound()
    {
        history.Granted(1);
        history.Wrote(1, new CounterValue(1, 1));
        // A grant that is not used for a write leaves a gap, which is no fault.
        history.Granted(2);
        history.Granted(3);
        history.Read(1, new CounterValue(1, 1));
        history.Wrote(2, new CounterValue(2, 3));

        Assert.Empty(history.FencesNotGrowing());
        Assert.Empty(history.OlderAfterNewer());
        Assert.Equal((2, 2, 3), (history.Acknowledged, history.Versions, history.Grants));
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(5, 4)]
    public void A_fence_that_is_granted_again_or_after_a_higher_one_is_found(long first, long second)
    {
        history.Granted(first);
        history.Granted(second);

        Assert.Equal([$"fence {second} was granted after {first}"], history.FencesNotGrowing());
    }

    [Fact]
    public void A_write_with_an_older_fence_after_a_newer_one_is_found_in_whatever_order_it_was_learnt()
    {
        history.Wrote(3, new CounterValue(2, 1));
        history.Read(2, new CounterValue(2, 2));
        history.Wrote(1, new CounterValue(1, 1));

        Assert.Equal(["revision 3 was written with fence 1, after a write with fence 2"], history.OlderAfterNewer());
    }

    [Fact]
    public void A_write_that_was_made_twice_under_one_grant_is_found()
    {
        history.Wrote(1, new CounterValue(1, 1));
        history.Read(2, new CounterValue(1, 1));

        Assert.Single(history.OlderAfterNewer());
    }

    [Fact]
    public void A_revision_that_was_two_things_at_once_is_found()
    {
        history.Wrote(1, new CounterValue(1, 1));
        history.Read(1, new CounterValue(1, 2));

        Assert.Equal(["revision 1 was both '1:1' and '1:2'"], history.OlderAfterNewer());
    }
}
