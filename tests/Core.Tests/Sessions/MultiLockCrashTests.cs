using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Sessions.MultiLockScenario;

namespace AkkaHa.Core.Tests.Sessions;

/// <summary>The slot's owner dies in the middle of an acquireAll.</summary>
public sealed class MultiLockCrashTests
{
    private static Scenario Crash(Scenario slot, bool snapshot = false)
    {
        if (snapshot) slot.RestartFromSnapshot(epoch: slot.Entity.Epoch + 1);
        else slot.Restart(epoch: slot.Entity.Epoch + 1);
        return slot;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whoever_comes_back_goes_on_and_each_lock_is_asked_by_the_id_that_it_knows(bool snapshot)
    {
        var slot = Open();
        var a = slot.When(Acquire("a b")).Asked()[0];
        var b = slot.When(Grant(a)).Asked()[0];
        Crash(slot, snapshot).After(700);
        Assert.Empty(slot.When().Sent);
        var back = slot.When(Acquire("a b", attempt: 2));
        var again = Assert.Single(back.Asked());
        Assert.Equal((a.To, a.Command.RequestId), (again.To, again.Command.RequestId));
        Assert.True(again.Command.Attempt > a.Command.Attempt);
        var next = Assert.Single(slot.When(Grant(again, fence: 7)).Asked());
        Assert.Equal((b.To, b.Command.RequestId), (next.To, next.Command.RequestId));
        Assert.Equal([7L, 8L], slot.When(Grant(next, fence: 8)).ReplyTo(back).AcquireAllLocks.Locks.Select(l => l.Fence));
    }

    [Fact]
    public void A_grant_that_comes_while_nobody_is_back_counts_and_is_told_to_nobody()
    {
        var slot = Open();
        var a = slot.When(Acquire("a")).Asked()[0];
        Crash(slot);
        slot.When();
        Assert.Empty(slot.When(Grant(a, fence: 3)).Events);
        var back = slot.When(Acquire("a", attempt: 2));
        Assert.Equal(3, Assert.Single(back.Reply().AcquireAllLocks.Locks).Fence);
    }

    [Fact]
    public void When_nobody_comes_back_all_of_them_are_told_to_give_back_since_each_may_have_been_asked()
    {
        var slot = Open();
        slot.When(Grant(slot.When(Acquire("a b c")).Asked()[0]));
        Crash(slot);
        slot.When();
        Assert.Empty(slot.WhenTimePasses(4999).Sent);
        var undoing = slot.WhenTimePasses(1);
        Assert.Equal(["a", "b", "c"], undoing.Back().Select(s => s.To.Name));
        Assert.Equal(Event.BodyOneofCase.MultiLockEnded, Assert.Single(slot.GiveAllBack(undoing).Events).BodyCase);
        // And it begins anew for whoever comes later still.
        Assert.Single(slot.When(Acquire("a b c", attempt: 2)).Asked());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_being_undone_is_undone_to_its_end_with_the_answer_that_was_decided(bool snapshot)
    {
        var slot = Open();
        var begun = slot.When(Acquire("a b", wait: 0));
        slot.When(Refuse(Assert.Single(slot.When(Grant(begun.Asked()[0])).Asked()), ErrorCode.LockHeld));
        Crash(slot, snapshot);
        var undoing = slot.When(new Command { Wake = new Wake() });
        Assert.Equal(["a", "b"], undoing.Back().Select(s => s.To.Name));
        var back = slot.When(Acquire("a b", wait: 5, attempt: 2));
        Assert.Empty(back.Asked());
        Assert.Equal("b", slot.GiveAllBack(undoing).ReplyTo(back).Failure.Details.Fields["lock"].StringValue);
    }

    [Fact]
    public void A_lock_that_is_asked_long_after_the_beginning_gets_an_id_that_it_may_still_take()
    {
        var slot = Open();
        var a = slot.When(Acquire("a b c", wait: 60)).Asked()[0];
        slot.After(50_000);
        var asked = slot.When(Grant(a));
        Assert.Equal(1, Assert.Single(asked.Events).MultiLockRenewed.FromPlace);
        var b = Assert.Single(asked.Asked(), s => s.To.Name == "b");
        Assert.Equal(Scenario.StartMs + 50_000, RequestIdTime.IssuedAtMs(b.Command.RequestId));
        Crash(slot).When();
        Assert.Equal(b.Command.RequestId, slot.WhenTimePasses(5000).Back().Single(s => s.To.Name == "b").Command.CancelLock.RequestId);
    }

    [Fact]
    public void A_lock_that_has_forgotten_the_id_makes_it_begin_again()
    {
        var slot = Open();
        slot.When(Acquire("a b"));
        Crash(slot);
        var back = slot.When(Acquire("a b", attempt: 2));
        var undoing = slot.When(Refuse(back.Asked()[0], ErrorCode.OutcomeUnknown));
        Assert.Equal(2, undoing.Back().Count);
        Assert.Equal(ErrorCode.Unavailable, slot.GiveAllBack(undoing).ReplyTo(back).Failure.Code);
        Assert.Single(slot.When(Acquire("a b", attempt: 3)).Asked());
    }
}
