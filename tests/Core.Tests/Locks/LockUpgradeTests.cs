using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockUpgradeTests
{
    private const Event.BodyOneofCase Upgraded = Event.BodyOneofCase.LockUpgraded;

    /// <summary>Session 1 has it upgradeable (fence 1), session 2 shared (fence 2).</summary>
    private static Scenario WithReader()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        scenario.Have(2, LockMode.Shared);
        return scenario;
    }

    [Fact]
    public void Alone_it_is_upgraded_at_once_with_the_next_fence()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        var grant = scenario.When(Upgrade(1, 1, 10)).Reply().LockGrant;
        Assert.Equal((2, LockMode.Exclusive), (grant.Fence, grant.Mode));
        Assert.Equal(grant, scenario.When(Upgrade(1, 1, 10, attempt: 2)).Reply().LockGrant);
        var holder = Assert.Single(scenario.RestartFromSnapshot(epoch: 2).Look().Holders);
        Assert.Equal((2, LockMode.Exclusive), (holder.Fence, holder.Mode));
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Release(1, 1)).Code());
        Assert.Equal(2, scenario.When(Release(1, 2, request: 101)).Reply().ReleaseLock.Fence);
    }

    [Fact]
    public void It_waits_until_no_reader_is_left_and_lets_none_in()
    {
        var scenario = WithReader();
        var upgrade = scenario.When(Upgrade(1, 1, 10, wait: 30));
        Assert.False(upgrade.Answers(upgrade));
        var reader = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        Assert.Equal([(1, LockMode.Exclusive), (2, LockMode.Shared)], scenario.Look().Waiters.Select(w => (w.Position, w.Mode)));
        var released = scenario.When(Release(2, 2));
        Assert.Equal(3, released.ReplyTo(upgrade).LockGrant.Fence);
        Assert.False(released.Answers(reader));
        Assert.Equal(4, scenario.When(Release(1, 3, request: 101)).ReplyTo(reader).LockGrant.Fence);
    }

    [Fact]
    public void Who_does_not_wait_is_told_who_else_holds()
    {
        var refused = WithReader().When(Upgrade(1, 1, 10));
        Assert.Equal(ErrorCode.LockHeld, refused.Code());
        Assert.Empty(refused.Events);
    }

    [Fact]
    public void It_goes_before_all_who_wait()
    {
        var scenario = WithReader();
        var writer = scenario.Ask(3, 3, wait: 30);
        var upgrade = scenario.When(Upgrade(1, 1, 10, wait: 30));
        var released = scenario.When(Release(2, 2));
        Assert.Equal(3, released.ReplyTo(upgrade).LockGrant.Fence);
        Assert.False(released.Answers(writer));
    }

    [Fact]
    public void After_a_failover_it_waits_still_and_its_repeat_takes_the_place()
    {
        var scenario = WithReader();
        scenario.When(Upgrade(1, 1, 10, wait: 30));
        scenario.RestartFromSnapshot(epoch: 2);
        var again = scenario.When(Upgrade(1, 1, 10, wait: 30, attempt: 2), Alive(1), Alive(2));
        var reader = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        Assert.DoesNotContain(scenario.Look().Holders, h => h.SessionId == Session(3));
        Assert.Equal(3, scenario.When(Release(2, 2)).ReplyTo(again).LockGrant.Fence);
        Assert.False(scenario.When(State).Answers(reader));
    }

    [Fact]
    public void Another_request_for_the_same_holding_conflicts_while_one_waits()
    {
        var scenario = WithReader();
        var first = scenario.When(Upgrade(1, 1, 10, wait: 30));
        Assert.Equal(ErrorCode.UpgradeConflict, scenario.When(Upgrade(1, 1, 11, wait: 30)).Code());
        Assert.Equal(3, scenario.When(Release(2, 2)).ReplyTo(first).LockGrant.Fence);
    }

    [Fact]
    public void Another_request_takes_the_place_of_one_that_nobody_waits_for_any_more()
    {
        var scenario = WithReader();
        scenario.When(Upgrade(1, 1, 10, wait: 1));
        scenario.WhenTimePasses(1000);
        var second = scenario.When(Upgrade(1, 1, 11, wait: 30));
        Assert.Equal(3, scenario.When(Release(2, 2)).ReplyTo(second).LockGrant.Fence);
    }

    [Fact]
    public void A_reader_that_tries_conflicts_with_the_one_who_may()
    {
        var scenario = WithReader();
        Assert.Equal(ErrorCode.UpgradeConflict, scenario.When(Upgrade(2, 2, 10, wait: 30)).Code());
        scenario.When(Upgrade(1, 1, 11, wait: 30));
        Assert.Equal(ErrorCode.UpgradeConflict, scenario.When(Upgrade(2, 2, 12, wait: 30)).Code());
    }

    [Theory]
    [InlineData(LockMode.Shared)]
    [InlineData(LockMode.Exclusive)]
    public void Only_an_upgradeable_holding_can_be_upgraded(LockMode mode)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, mode);
        var refused = scenario.When(Upgrade(1, 1, 10)).Reply().Failure;
        Assert.Equal((ErrorCode.InvalidArgument, "fence"), (refused.Code, refused.Details.Fields["field"].StringValue));
    }

    [Fact]
    public void A_fence_that_is_not_held_by_the_session_upgrades_nothing()
    {
        var scenario = WithReader();
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Upgrade(2, 1, 10)).Code());
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Upgrade(1, 7, 11)).Code());
    }

    [Fact]
    public void In_vain_it_keeps_its_place_for_five_seconds_and_then_readers_come_in()
    {
        var scenario = WithReader();
        var upgrade = scenario.When(Upgrade(1, 1, 10, wait: 1));
        Assert.Equal(ErrorCode.LockHeld, scenario.WhenTimePasses(1000).ReplyTo(upgrade).Failure.Code);
        var reader = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        Assert.Equal(3, scenario.WhenTimePasses(5000).ReplyTo(reader).LockGrant.Fence);
        Assert.Empty(scenario.Look().Waiters);
        Assert.Equal(3, scenario.Look().Holders.Count);
    }

    [Fact]
    public void A_cancel_takes_it_back_and_the_holding_goes_on()
    {
        var scenario = WithReader();
        var upgrade = scenario.When(Upgrade(1, 1, 10, wait: 30));
        var reader = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        var cancel = scenario.When(Cancel(1, 10));
        Assert.True(cancel.Reply().CancelLock.Cancelled);
        Assert.Equal(ErrorCode.LockHeld, cancel.ReplyTo(upgrade).Failure.Code);
        Assert.Equal(3, cancel.ReplyTo(reader).LockGrant.Fence);
        Assert.Contains(scenario.Look().Holders, h => h is { Fence: 1, Mode: LockMode.Upgradeable });
        Assert.Equal(ErrorCode.LockHeld, scenario.RestartFromSnapshot(epoch: 2).When(Upgrade(1, 1, 10, wait: 30, attempt: 2)).Code());
    }

    [Fact]
    public void A_cancel_that_comes_too_late_takes_nothing_back_and_the_request_tells_the_fence()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        scenario.When(Upgrade(1, 1, 10));
        Assert.False(scenario.When(Cancel(1, 10)).Reply().CancelLock.Cancelled);
        Assert.Equal(2, scenario.When(Upgrade(1, 1, 10, attempt: 2)).Reply().LockGrant.Fence);
    }

    [Fact]
    public void A_cancel_of_an_earlier_attempt_leaves_a_later_one()
    {
        var scenario = WithReader();
        scenario.When(Upgrade(1, 1, 10, wait: 30));
        var second = scenario.When(Upgrade(1, 1, 10, wait: 30, attempt: 2));
        Assert.False(scenario.When(CancelUpTo(1, 10, attempt: 1)).Reply().CancelLock.Cancelled);
        Assert.Equal(3, scenario.When(Release(2, 2)).ReplyTo(second).LockGrant.Fence);
    }

    [Fact]
    public void It_waits_for_the_transactions_that_rest_on_the_fence_and_lets_no_new_ones_in()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        scenario.When(Guard("t", 1, timestampMs: 5));
        var upgrade = scenario.When(Upgrade(1, 1, 10));
        Assert.False(upgrade.Answers(upgrade));
        Assert.Equal(Vote.Types.Kind.Die, Assert.Single(scenario.WhenTooYoung(Guard("young", 1, timestampMs: 6)).Votes()).Kind);
        Assert.Equal(2, scenario.When(Make.Abort("t")).ReplyTo(upgrade).LockGrant.Fence);
        Assert.False(Assert.Single(scenario.When(Guard("later", 1)).Votes()).Conditions[0].Held);
        Assert.True(Assert.Single(scenario.When(Guard("now", 2)).Votes()).Conditions[0].Held);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_that_does_not_wait_holds_nobody_back_once_it_is_refused(bool failover)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        scenario.When(Guard("t", 1));
        var upgrade = scenario.When(Upgrade(1, 1, 10));
        if (failover) upgrade = scenario.Restart(epoch: 2).When(Upgrade(1, 1, 10, attempt: 2), Alive(1));
        var reader = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        Assert.Single(scenario.Look().Holders);
        var refused = scenario.WhenTimePasses(1000);
        Assert.Equal(ErrorCode.LockHeld, refused.ReplyTo(upgrade).Failure.Code);
        Assert.Equal(2, refused.ReplyTo(reader).LockGrant.Fence);
        Assert.Empty(scenario.Look().Waiters);
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Upgrade(1, 1, 10, attempt: 3)).Code());
        Assert.Contains(scenario.Look().Holders, h => h is { Fence: 1, Mode: LockMode.Upgradeable });
    }

    [Fact]
    public void The_last_try_of_one_that_has_waited_holds_nobody_back_either()
    {
        var scenario = WithReader();
        scenario.When(Upgrade(1, 1, 10, wait: 1));
        scenario.WhenTimePasses(1000);
        var last = scenario.When(Upgrade(1, 1, 10, attempt: 2));
        var reader = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        var then = scenario.When();
        Assert.True(last.Answers(last) || then.Answers(last) || scenario.Look().Waiters.Count == 0);
        Assert.Empty(scenario.Look().Waiters);
        Assert.Contains(scenario.Look().Holders, h => h.SessionId == Session(3));
        Assert.False(then.Answers(reader));
    }

    [Fact]
    public void The_holder_comes_again_as_what_it_asked_for_and_as_what_it_is()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h", mode: LockMode.Upgradeable), Alive(1));
        scenario.When(Upgrade(1, 1, 10));
        foreach (var (request, mode) in ((byte, LockMode)[])[(2, LockMode.Upgradeable), (3, LockMode.Exclusive)])
            Assert.Equal((2, LockMode.Exclusive), scenario.When(Acquire(1, request, holderId: "h", mode: mode)).Reply().LockGrant is var g ? (g.Fence, g.Mode) : default);
        Assert.Equal(ErrorCode.InvalidArgument, scenario.When(Acquire(1, 4, holderId: "h", mode: LockMode.Shared)).Code());
    }

    [Fact]
    public void Who_gives_the_holding_back_is_not_upgraded()
    {
        var scenario = WithReader();
        var upgrade = scenario.When(Upgrade(1, 1, 10, wait: 30));
        var released = scenario.When(Release(1, 1));
        Assert.Equal(ErrorCode.FenceStale, released.ReplyTo(upgrade).Failure.Code);
        Assert.Empty(scenario.Look().Waiters);
        Assert.DoesNotContain(Upgraded, scenario.When(Release(2, 2, request: 101)).Kinds);
    }

    [Fact]
    public void The_end_of_its_session_ends_the_wait_and_nobody_is_upgraded_on_the_way()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        // The same session reads too.
        scenario.When(Acquire(1, 5, mode: LockMode.Shared));
        var upgrade = scenario.When(Upgrade(1, 1, 10, wait: 30));
        var gone = scenario.When(Gone(1));
        Assert.Equal(ErrorCode.SessionExpired, gone.ReplyTo(upgrade).Failure.Code);
        Assert.DoesNotContain(Upgraded, gone.Kinds);
        Assert.Empty(scenario.Look().Holders);
    }

    [Fact]
    public void The_session_is_asked_before_the_upgrade()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        var upgrade = scenario.After(11_000).When(Upgrade(1, 1, 10, wait: 30));
        Assert.DoesNotContain(Upgraded, upgrade.Kinds);
        var dead = scenario.When(Alive(1, remainingMs: 0));
        Assert.Equal(ErrorCode.SessionExpired, dead.ReplyTo(upgrade).Failure.Code);
    }
}
