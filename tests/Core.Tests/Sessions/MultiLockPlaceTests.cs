using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Sessions.MultiLockScenario;

namespace AkkaHa.Core.Tests.Sessions;

/// <summary>A long wait for several locks is made of short calls, and keeps its place from one to the next.</summary>
public sealed class MultiLockPlaceTests
{
    private static Command AcquireOn(uint attempt, double wait = 3)
    {
        var acquire = Acquire("a b", wait, attempt: attempt);
        acquire.AcquireAllLocks.KeepPlace = true;
        return acquire;
    }

    /// <summary>It has a, and waits for b.</summary>
    private static (Scenario Slot, Then First, SendEffect B) Waiting()
    {
        var slot = Open();
        var first = slot.When(AcquireOn(1));
        return (slot, first, Assert.Single(slot.When(Grant(first.Asked()[0])).Asked()));
    }

    [Fact]
    public void When_a_calls_time_is_over_nothing_is_given_back_and_the_next_call_waits_in_the_same_place()
    {
        var (slot, first, b) = Waiting();
        var told = slot.WhenTimePasses(3000);
        var failure = told.ReplyTo(first).Failure;
        Assert.Equal((ErrorCode.LockHeld, "b"), (failure.Code, failure.Details.Fields["lock"].StringValue));
        Assert.Empty(told.Events);
        Assert.Empty(told.Back());
        // The lock's own answer, late.
        Assert.Empty(slot.When(Refuse(b, ErrorCode.LockHeld)).Sent);
        Assert.Empty(slot.WhenTimePasses(1000).Sent);

        var second = slot.When(AcquireOn(2));
        var again = Assert.Single(second.Asked());
        Assert.Equal((b.To, b.Command.RequestId, 3.0), (again.To, again.Command.RequestId, again.Command.AcquireLock.WaitSeconds));
        Assert.True(again.Command.Attempt > b.Command.Attempt);
        Assert.Equal([7L, 9L], slot.When(Grant(again, fence: 9)).ReplyTo(second).AcquireAllLocks.Locks.Select(l => l.Fence));
    }

    [Fact]
    public void A_lock_that_says_so_first_ends_the_call_too()
    {
        var (slot, first, _) = Waiting();
        var asked = Assert.Single(slot.WhenTimePasses(2000).Asked());
        var held = slot.After(900).When(Refuse(asked, ErrorCode.LockHeld));
        Assert.Equal("3", held.ReplyTo(first).Failure.Details.Fields["waiters"].StringValue);
        Assert.Empty(held.Back());
    }

    [Fact]
    public void What_comes_between_two_calls_is_kept_for_the_next()
    {
        var (slot, _, b) = Waiting();
        slot.WhenTimePasses(3000);
        Assert.Empty(slot.When(Grant(b, fence: 9)).Events);
        Assert.Equal([7L, 9L], slot.When(AcquireOn(2)).Reply().AcquireAllLocks.Locks.Select(l => l.Fence));
    }

    [Fact]
    public void When_no_other_call_comes_within_5_s_all_is_given_back()
    {
        var (slot, _, _) = Waiting();
        slot.WhenTimePasses(3000);
        Assert.Empty(slot.WhenTimePasses(4999).Sent);
        var undoing = slot.WhenTimePasses(1);
        Assert.Equal(["a", "b"], undoing.Back().Select(s => s.To.Name));
        Assert.Equal(Event.BodyOneofCase.MultiLockEnded, Assert.Single(slot.GiveAllBack(undoing).Events).BodyCase);
    }

    [Fact]
    public void The_last_call_is_refused_when_all_has_been_given_back()
    {
        var (slot, _, _) = Waiting();
        slot.WhenTimePasses(3000);
        var last = slot.When(Acquire("a b", wait: 1, attempt: 2));
        slot.After(1000);
        var undoing = slot.When(Refuse(last.Asked()[0], ErrorCode.LockHeld));
        Assert.False(undoing.Answers(last));
        Assert.Equal(ErrorCode.LockHeld, slot.GiveAllBack(undoing).ReplyTo(last).Failure.Code);
    }

    [Fact]
    public void A_wait_of_minutes_keeps_its_place()
    {
        var (slot, _, b) = Waiting();
        SendEffect? asked = null;
        for (uint attempt = 2; attempt < 60; attempt++)
        {
            slot.WhenTimePasses(3000);
            asked = Assert.Single(slot.When(AcquireOn(attempt)).Asked());
            Assert.Equal(b.Command.RequestId, asked.Command.RequestId);
        }
        Assert.True(slot.ElapsedMs > 170_000);
        Assert.Equal(Event.BodyOneofCase.MultiLockEnded, Assert.Single(slot.When(Grant(asked!)).Events).BodyCase);
    }

    [Fact]
    public void A_cancel_between_two_calls_takes_all_back_and_one_of_an_earlier_attempt_does_not()
    {
        var (slot, _, _) = Waiting();
        slot.WhenTimePasses(3000);
        slot.When(AcquireOn(2));
        slot.WhenTimePasses(3000);
        Assert.False(slot.When(Cancel(upTo: 1)).Reply().CancelAllLocks.Cancelled);
        Assert.Equal(["a", "b"], slot.When(Cancel(upTo: 2)).Back().Select(s => s.To.Name));
    }

    [Fact]
    public void A_late_first_attempt_does_not_take_the_place_of_the_second()
    {
        var (slot, _, _) = Waiting();
        slot.WhenTimePasses(3000);
        slot.When(AcquireOn(2));
        slot.WhenTimePasses(3000);
        Assert.Equal(ErrorCode.OutcomeUnknown, slot.When(AcquireOn(1)).Code());
    }
}
