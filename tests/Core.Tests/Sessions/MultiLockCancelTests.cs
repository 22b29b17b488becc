using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Sessions.MultiLockScenario;

namespace AkkaHa.Core.Tests.Sessions;

public sealed class MultiLockCancelTests
{
    [Fact]
    public void A_cancel_gives_back_what_is_held_and_waited_for_and_is_answered_when_that_is_done()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a b c"));
        slot.When(Grant(begun.Asked()[0]));
        var cancel = slot.When(Cancel());
        Assert.Equal(["a", "b"], cancel.Back().Select(s => s.To.Name));
        Assert.False(cancel.Answers(cancel));
        var done = slot.GiveAllBack(cancel);
        Assert.True(done.ReplyTo(cancel).CancelAllLocks.Cancelled);
        Assert.Equal(ErrorCode.LockHeld, done.ReplyTo(begun).Failure.Code);
        Assert.Equal(ErrorCode.LockHeld, slot.When(Acquire("a b c", attempt: 9)).Code());
        Assert.False(slot.When(Cancel()).Reply().CancelAllLocks.Cancelled);
    }

    [Fact]
    public void A_cancel_that_comes_first_refuses_the_call_that_comes_after_it()
    {
        var slot = Open();
        Assert.False(slot.When(Cancel()).Reply().CancelAllLocks.Cancelled);
        var late = slot.When(Acquire("a"));
        Assert.Equal(ErrorCode.LockHeld, late.Code());
        Assert.Empty(late.Asked());
    }

    [Fact]
    public void A_cancel_of_earlier_attempts_leaves_a_later_one()
    {
        var slot = Open();
        slot.When(Acquire("a", attempt: 2));
        Assert.False(slot.When(Cancel(upTo: 1)).Reply().CancelAllLocks.Cancelled);
        Assert.Single(slot.When(Cancel(upTo: 2)).Back());
    }

    /// <summary>Also where no row has come since, by which it would have been forgotten: a simulated seed showed a slot that could not take this.</summary>
    [Fact]
    public void After_that_time_a_cancel_takes_nothing_back()
    {
        var slot = Open();
        slot.GrantAll(slot.When(Acquire("a b")));
        slot.After(61_000);
        var cancel = slot.When(Cancel());
        Assert.Empty(cancel.Back());
        Assert.False(cancel.Reply().CancelAllLocks.Cancelled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Grants_are_taken_back_too_within_the_time_that_the_outcome_is_remembered(bool snapshot)
    {
        var slot = Open();
        slot.GrantAll(slot.When(Acquire("a b")));
        slot.After(59_000);
        if (snapshot) slot.RestartFromSnapshot(epoch: 2);
        else slot.Restart(epoch: 2);
        var cancel = slot.When(Cancel());
        Assert.Equal(["a", "b"], cancel.Back().Select(s => s.To.Name));
        Assert.True(slot.GiveAllBack(cancel).ReplyTo(cancel).CancelAllLocks.Cancelled);
        Assert.Equal(ErrorCode.LockHeld, slot.When(Acquire("a b", attempt: 2)).Code());
    }

    [Fact]
    public void Grants_that_a_later_attempt_has_heard_of_stay_when_the_earlier_is_taken_back()
    {
        var slot = Open();
        slot.GrantAll(slot.When(Acquire("a")));
        slot.When(Acquire("a", attempt: 2));
        Assert.False(slot.When(Cancel(upTo: 1)).Reply().CancelAllLocks.Cancelled);
    }

    [Fact]
    public void A_cancel_while_it_is_undone_stands_for_all_attempts()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a", wait: 1));
        slot.After(1000);
        var undoing = slot.When(Refuse(begun.Asked()[0], ErrorCode.LockHeld));
        var cancel = slot.When(Cancel());
        Assert.True(slot.GiveAllBack(undoing).ReplyTo(cancel).CancelAllLocks.Cancelled);
        Assert.Equal(ErrorCode.LockHeld, slot.When(Acquire("a", wait: 1, attempt: 7)).Code());
    }
}
