using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockReleaseTests
{
    [Fact]
    public void The_second_release_is_stale_and_its_repeat_is_not()
    {
        var scenario = Held();
        Assert.Equal(1, scenario.When(Release(1, 1)).Reply().ReleaseLock.Fence);
        Assert.Equal(1, scenario.When(Release(1, 1, attempt: 2)).Reply().ReleaseLock.Fence);
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Release(1, 1, request: 101)).Code());
    }

    [Fact]
    public void Another_session_or_fence_releases_nothing()
    {
        var scenario = Held();
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Release(2, 1)).Code());
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Release(1, 2, request: 101)).Code());
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    [InlineData(2, false)]
    public void The_guard_holds_for_the_fence_that_is_held(long fence, bool held) =>
        Assert.Equal(held, Assert.Single(Held().When(Guard("t", fence)).Votes()).Conditions[0].Held);

    [Fact]
    public void The_guard_does_not_hold_for_a_fence_that_was_given_back()
    {
        var scenario = Held();
        scenario.When(Release(1, 1));
        Assert.False(Assert.Single(scenario.When(Guard("t", 1)).Votes()).Conditions[0].Held);
    }

    [Fact]
    public void A_release_waits_for_the_transactions_that_it_guards()
    {
        var scenario = Held();
        var waiting = scenario.Ask(2, 2, wait: 30);
        scenario.When(Guard("t", 1), Guard("u", 1));
        var release = scenario.When(Release(1, 1));
        Assert.Empty(release.Events);
        Assert.DoesNotContain(Event.BodyOneofCase.LockReleased, scenario.When(Make.Commit("t", 1, 0)).Kinds);
        var freed = scenario.When(Make.Abort("u"));
        Assert.Equal([Event.BodyOneofCase.Discarded, Event.BodyOneofCase.LockReleased, Event.BodyOneofCase.LockGranted], freed.Kinds);
        Assert.Equal((1, 2), (freed.ReplyTo(release).ReleaseLock.Fence, freed.ReplyTo(waiting).LockGrant.Fence));
    }

    [Fact]
    public void Once_a_release_waits_no_new_guard_is_taken()
    {
        var scenario = Held();
        scenario.When(Guard("t", 1, timestampMs: 5));
        scenario.When(Release(1, 1));
        Assert.Equal(Vote.Types.Kind.Die, Assert.Single(scenario.WhenTooYoung(Guard("young", 1, timestampMs: 6)).Votes()).Kind);
        Assert.Empty(scenario.When(Guard("old", 1, timestampMs: 4)).Sent);
        // The older one has waited, and finds the lock free.
        var vote = Assert.Single(scenario.When(Make.Abort("t")).Votes());
        Assert.Equal(("old", false), (vote.TransactionId, vote.Conditions[0].Held));
    }

    [Fact]
    public void A_release_that_is_repeated_while_it_waits_is_answered_each_time()
    {
        var scenario = Held();
        scenario.When(Guard("t", 1));
        var (first, second) = (scenario.When(Release(1, 1)), scenario.When(Release(1, 1, attempt: 2)));
        var freed = scenario.When(Make.Abort("t"));
        Assert.Single(freed.Kinds, Event.BodyOneofCase.LockReleased);
        Assert.Equal((1, 1), (freed.ReplyTo(first).ReleaseLock.Fence, freed.ReplyTo(second).ReleaseLock.Fence));
    }

    [Fact]
    public void The_end_of_the_session_waits_for_the_guard_too_and_is_acknowledged_after_it()
    {
        var scenario = Held();
        scenario.When(Guard("t", 1));
        var gone = scenario.When(Gone(1));
        Assert.DoesNotContain(gone.Sent, s => s.Command.SessionGoneSeen is not null);
        Assert.Contains(Event.BodyOneofCase.LockReleased, scenario.When(Make.Abort("t")).Kinds);
        Assert.Single(scenario.When(Gone(1)).Sent, s => s.Command.SessionGoneSeen is not null);
    }

    [Fact]
    public void A_guard_survives_a_restart()
    {
        var scenario = Held();
        scenario.When(Guard("t", 1));
        scenario.RestartFromSnapshot(epoch: 2);
        Assert.DoesNotContain(Event.BodyOneofCase.LockReleased, scenario.When(Release(1, 1)).Kinds);
        Assert.Contains(Event.BodyOneofCase.LockReleased, scenario.When(Make.Abort("t")).Kinds);
    }
}
