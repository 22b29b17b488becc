using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockCancelTests
{
    [Fact]
    public void A_waiter_leaves_and_its_call_is_answered()
    {
        var scenario = Held();
        var waiting = scenario.Ask(2, 2, wait: 30);
        var cancel = scenario.When(Cancel(2, 2));
        Assert.Equal([Event.BodyOneofCase.LockWaiterLeft], cancel.Kinds);
        Assert.True(cancel.Reply().CancelLock.Cancelled);
        Assert.Equal(ErrorCode.LockHeld, cancel.ReplyTo(waiting).Failure.Code);
    }

    [Fact]
    public void A_grant_is_given_back_to_the_next()
    {
        var scenario = Held();
        var waiting = scenario.Ask(2, 2, wait: 30);
        var cancel = scenario.When(Cancel(1, 1));
        Assert.Equal([Event.BodyOneofCase.LockReleased, Event.BodyOneofCase.LockGranted], cancel.Kinds);
        Assert.Equal((true, 2), (cancel.Reply().CancelLock.Cancelled, cancel.ReplyTo(waiting).LockGrant.Fence));
    }

    [Fact]
    public void One_that_is_still_on_its_way_will_be_refused_also_after_a_restart()
    {
        var scenario = Scenario.Fresh(Id);
        var cancel = scenario.When(Cancel(1, 1));
        Assert.Single(cancel.Batch.Rows);
        Assert.False(cancel.Reply().CancelLock.Cancelled);
        Assert.Equal(ErrorCode.LockHeld, scenario.RestartFromSnapshot(epoch: 2).When(Acquire(1, 1, wait: 30)).Code());
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(1, 1, wait: 30, attempt: 2)).Code());
    }

    [Fact]
    public void One_whose_session_is_being_asked_is_taken_back()
    {
        var scenario = Scenario.Fresh(Id);
        var asked = scenario.When(Acquire(1, 1));
        var cancel = scenario.When(Cancel(1, 1));
        Assert.True(cancel.Reply().CancelLock.Cancelled);
        Assert.Equal(ErrorCode.LockHeld, cancel.ReplyTo(asked).Failure.Code);
        Assert.Empty(scenario.When(Alive(1)).Events);
    }

    [Fact]
    public void A_repeat_of_what_was_granted_and_cancelled_is_refused()
    {
        var scenario = Held();
        scenario.When(Cancel(1, 1));
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(1, 1, attempt: 2)).Code());
        Assert.Empty(scenario.When(State).Reply().Lock.Holders);
    }

    [Fact]
    public void A_cancelled_grant_waits_for_the_transactions_that_it_guards()
    {
        var scenario = Held();
        scenario.When(Make.Prepare("t", conditions: [new Condition { Lock = "l", Fence = 1 }]));
        var cancel = scenario.When(Cancel(1, 1));
        Assert.False(cancel.Answers(cancel));
        Assert.True(scenario.When(Make.Abort("t")).ReplyTo(cancel).CancelLock.Cancelled);
    }

    [Fact]
    public void Another_session_cancels_nothing()
    {
        var scenario = Held();
        Assert.False(scenario.When(Cancel(2, 1)).Reply().CancelLock.Cancelled);
        Assert.Single(scenario.When(State).Reply().Lock.Holders);
    }

    [Fact]
    public void When_the_head_leaves_a_free_lock_goes_to_the_next()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 1);
        var third = scenario.Ask(3, 3, wait: 30);
        scenario.WhenTimePasses(1000);
        scenario.When(Release(1, 1));
        Assert.Equal(2, scenario.When(Cancel(2, 2), Alive(3)).ReplyTo(third).LockGrant.Fence);
    }

    /// <summary>The caller of attempt 1 has gone; the node that noticed it was slow to say so, and attempt 2 has been there since.</summary>
    [Fact]
    public void A_cancel_of_an_earlier_attempt_leaves_the_grant_of_a_later_one()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 30);
        scenario.When(Acquire(2, 2, wait: 30, attempt: 2));
        scenario.When(Cancel(1, 1));
        var late = scenario.When(CancelUpTo(2, 2, attempt: 1));
        Assert.False(late.Reply().CancelLock.Cancelled);
        Assert.Empty(late.Kinds);
        Assert.Single(scenario.When(State).Reply().Lock.Holders);
        Assert.Equal(2, scenario.When(Acquire(2, 2, wait: 30, attempt: 3)).Reply().LockGrant.Fence);
    }

    [Fact]
    public void A_cancel_of_an_earlier_attempt_leaves_the_place_of_a_later_one()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 30);
        scenario.When(Acquire(2, 2, wait: 30, attempt: 2));
        Assert.False(scenario.When(CancelUpTo(2, 2, attempt: 1)).Reply().CancelLock.Cancelled);
        Assert.Single(scenario.When(State).Reply().Lock.Waiters);
    }

    [Fact]
    public void A_grant_that_a_repeat_has_heard_of_is_not_taken_back_by_the_cancel_of_the_first_attempt()
    {
        var scenario = Held();
        Assert.Equal(1, scenario.When(Acquire(1, 1, attempt: 2)).Reply().LockGrant.Fence);
        Assert.False(scenario.RestartFromSnapshot(epoch: 2).When(CancelUpTo(1, 1, attempt: 1)).Reply().CancelLock.Cancelled);
        Assert.Single(scenario.When(State).Reply().Lock.Holders);
    }

    [Fact]
    public void After_a_cancel_of_the_first_attempt_the_second_is_decided_anew_and_the_first_stays_refused()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 30);
        Assert.True(scenario.When(CancelUpTo(2, 2, attempt: 1)).Reply().CancelLock.Cancelled);
        scenario.When(Cancel(1, 1));
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(2, 2, wait: 30)).Code());
        scenario.Ask(2, 2, wait: 30, attempt: 2);
        Assert.Single(scenario.When(State).Reply().Lock.Holders);
    }

    /// <summary>The answer of attempt 1 is lost, and taking it back waits for a transaction; meanwhile attempt 2 is told that it has the lock.</summary>
    [Fact]
    public void A_grant_that_a_repeat_hears_of_while_its_taking_back_waits_is_kept()
    {
        var scenario = Held();
        scenario.When(Guard("t", 1));
        var cancel = scenario.When(CancelUpTo(1, 1, attempt: 1));
        Assert.False(cancel.Answers(cancel));
        Assert.Equal(1, scenario.When(Acquire(1, 1, attempt: 2)).Reply().LockGrant.Fence);
        var over = scenario.When(Make.Abort("t"));
        Assert.DoesNotContain(Event.BodyOneofCase.LockReleased, over.Kinds);
        Assert.False(over.ReplyTo(cancel).CancelLock.Cancelled);
        Assert.Equal(1, Assert.Single(scenario.Look().Holders).Fence);
        Assert.Equal(1, scenario.When(Acquire(1, 1, attempt: 3)).Reply().LockGrant.Fence);
    }

    [Fact]
    public void A_grant_that_no_repeat_hears_of_while_its_taking_back_waits_ends_with_the_transaction()
    {
        var scenario = Held();
        scenario.When(Guard("t", 1));
        var cancel = scenario.When(CancelUpTo(1, 1, attempt: 1));
        scenario.When(Acquire(1, 1));
        Assert.True(scenario.When(Make.Abort("t")).ReplyTo(cancel).CancelLock.Cancelled);
        Assert.Empty(scenario.Look().Holders);
    }
}
