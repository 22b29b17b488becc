using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>A holder whose session may have ended while the lock slept: its rows alone decide nothing.</summary>
public sealed class LockUnheardTests
{
    private static Scenario Recovered(RuleSwitches? rules = null)
    {
        var scenario = Scenario.Fresh(Id, rules: rules);
        scenario.When(Acquire(1, 1));
        scenario.When(Alive(1));
        return scenario.After(30_000).Restart(epoch: 2);
    }

    [Theory]
    [InlineData(10_000, true)]
    [InlineData(0, false)]
    public void After_a_recovery_a_guard_is_judged_when_the_holders_session_has_spoken(long remainingMs, bool held)
    {
        var scenario = Recovered();
        Assert.Empty(scenario.When(Guard("t", 1)).Votes());
        Assert.Empty(scenario.WhenTimePasses(3000).Votes());
        Assert.Equal(held, Assert.Single(scenario.When(Alive(1, remainingMs)).Votes()).Conditions[0].Held);
    }

    [Fact]
    public void Without_that_rule_a_fence_of_a_session_that_has_ended_guards_still()
    {
        var scenario = Recovered(RuleSwitches.AllOn with { LivenessAtGuard = false });
        Assert.True(Assert.Single(scenario.When(Guard("t", 1)).Votes()).Conditions[0].Held);
    }

    [Fact]
    public void A_guard_also_waits_where_the_sessions_word_has_run_out()
    {
        var scenario = Held();
        Assert.True(Assert.Single(scenario.After(9_999).When(Guard("t", 1)).Votes()).Conditions[0].Held);
        var late = scenario.After(1).When(Guard("u", 1));
        Assert.Empty(late.Votes());
        Assert.Equal("u", Assert.Single(scenario.When(Alive(1)).Votes()).TransactionId);
    }

    [Fact]
    public void A_guard_with_a_fence_that_nobody_holds_waits_for_nobody() =>
        Assert.False(Assert.Single(Recovered().When(Guard("t", 7)).Votes()).Conditions[0].Held);

    [Fact]
    public void One_that_waits_is_forgotten_with_its_transaction()
    {
        var scenario = Recovered();
        scenario.When(Guard("t", 1));
        scenario.When(Make.Abort("t"));
        scenario.When(Guard("u", 1));
        Assert.Equal(Vote.Types.Kind.Refused, Assert.Single(scenario.When(Make.AskStatus("u", 1)).Votes()).Kind);
        var alive = scenario.When(Alive(1));
        Assert.Empty(alive.Votes());
        Assert.DoesNotContain(Event.BodyOneofCase.Prepared, alive.Kinds);
    }

    /// <summary>The end waits for the older one's intent; a younger one that waited on for that could be what the older waits for elsewhere.</summary>
    [Fact]
    public void When_the_session_turns_out_to_be_dead_and_its_end_must_wait_the_younger_guards_die()
    {
        var scenario = Held();
        scenario.When(Guard("old", 1, timestampMs: 1));
        scenario.After(30_000).Restart(epoch: 2);
        Assert.Empty(scenario.When(Guard("young", 1, timestampMs: 2)).Votes());
        var dead = scenario.When(Alive(1, remainingMs: 0));
        Assert.Empty(dead.Events);
        var young = Assert.Single(scenario.WhenTimePasses(ShortWaits.AtMostMs).Votes());
        Assert.Equal(("young", Vote.Types.Kind.Die), (young.TransactionId, young.Kind));
        Assert.Contains(Event.BodyOneofCase.LockReleased, scenario.When(Make.Abort("old")).Kinds);
    }

    [Fact]
    public void Who_only_tries_is_not_refused_for_a_holder_that_is_dead()
    {
        var scenario = Recovered();
        var tries = scenario.Ask(2, 2);
        Assert.False(scenario.WhenTimePasses(100).Answers(tries));
        var dead = scenario.When(Alive(1, remainingMs: 0));
        Assert.Equal(2, dead.ReplyTo(tries).LockGrant.Fence);
    }

    [Fact]
    public void Who_only_tries_gets_it_at_once_when_the_holder_gives_it_back_before_its_session_has_spoken()
    {
        var scenario = Recovered();
        var tries = scenario.Ask(2, 2);
        var back = scenario.When(Release(1, 1));
        Assert.Equal(2, back.ReplyTo(tries).LockGrant.Fence);
    }

    [Fact]
    public void Who_only_tries_is_refused_when_the_holder_lives_and_when_nothing_is_heard_of_it_in_time()
    {
        var scenario = Recovered();
        var tries = scenario.Ask(2, 2);
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Alive(1)).ReplyTo(tries).Failure.Code);
        // From then on its own session's word is enough.
        tries = scenario.When(Acquire(3, 3));
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Alive(3)).ReplyTo(tries).Failure.Code);

        scenario = Recovered();
        tries = scenario.Ask(2, 2);
        scenario.When(Alive(2, 60_000));
        scenario.WhenTimePasses(4999);
        Assert.Equal(ErrorCode.LockHeld, scenario.WhenTimePasses(1).ReplyTo(tries).Failure.Code);
    }

    /// <summary>Both would be there else: a cancel would find the one and leave the other.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_later_attempt_that_is_let_in_leaves_no_earlier_one_behind(bool waits)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Upgradeable);
        scenario.Have(3, LockMode.Shared);
        scenario.After(30_000).Restart(epoch: 2);
        var tries = scenario.When(Acquire(2, 2, mode: LockMode.Upgradeable));
        scenario.When(Alive(2), Alive(1));
        // The first goes; of the third session nothing has been heard, but nobody is in the way any more.
        scenario.When(Release(1, 1));
        var later = scenario.When(Acquire(2, 2, mode: LockMode.Upgradeable, wait: waits ? 30 : 0, attempt: 2));
        Assert.Equal(ErrorCode.OutcomeUnknown, later.ReplyTo(tries).Failure.Code);
        Assert.Equal(3, later.Reply().LockGrant.Fence);
        Assert.True(scenario.When(Cancel(2, 2)).Reply().CancelLock.Cancelled);
        Assert.Equal(2, Assert.Single(scenario.Look().Holders).Fence);
    }

    [Fact]
    public void Who_fits_in_beside_the_holders_waits_for_no_word_of_them()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Shared);
        scenario.After(30_000).Restart(epoch: 2);
        var asked = scenario.When(Acquire(2, 2, mode: LockMode.Shared));
        Assert.Equal(2, scenario.When(Alive(2)).ReplyTo(asked).LockGrant.Fence);
    }

    [Fact]
    public void Who_waits_is_queued_at_once_and_gets_it_when_the_holder_turns_out_to_be_dead()
    {
        var scenario = Recovered();
        var waits = scenario.When(Acquire(2, 2, wait: 30));
        Assert.Equal([Event.BodyOneofCase.LockEnqueued], scenario.When(Alive(2)).Kinds);
        Assert.Equal(2, scenario.When(Alive(1, remainingMs: 0)).ReplyTo(waits).LockGrant.Fence);
    }

    [Fact]
    public void A_holder_that_comes_again_after_a_recovery_is_told_that_it_holds_when_its_session_has_said_that_it_lives()
    {
        var scenario = Recovered();
        var again = scenario.When(Acquire(1, 5, holderId: Make.RequestId(number: 1)));
        Assert.False(again.Answers(again));
        Assert.Equal(1, scenario.When(Alive(1)).ReplyTo(again).LockGrant.Fence);

        scenario = Recovered();
        again = scenario.When(Acquire(1, 5, holderId: Make.RequestId(number: 1)));
        Assert.Equal(ErrorCode.SessionExpired, scenario.When(Alive(1, remainingMs: 0)).ReplyTo(again).Failure.Code);
    }
}
