using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>A holder that comes again by another request has what it has. Cancels come late: each is of one request only, and takes nothing from the others that were told of the same grant.</summary>
public sealed class LockReEntryTests
{
    public enum Failover
    {
        None,
        Rows,
        Snapshot,
    }

    /// <summary>Session 1 has it as holder h, by requests 1 and 2, with fence 1.</summary>
    private static Scenario HeldTwice(LockMode mode = LockMode.Exclusive)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h", mode: mode), Alive(1, 60_000));
        Assert.Equal(1, scenario.When(Acquire(1, 2, holderId: "h", mode: mode)).Reply().LockGrant.Fence);
        return scenario;
    }

    [Theory]
    [InlineData(1, 2, Failover.None)]
    [InlineData(2, 1, Failover.None)]
    [InlineData(1, 2, Failover.Rows)]
    [InlineData(2, 1, Failover.Snapshot)]
    [InlineData(1, 2, Failover.Snapshot)]
    public void A_cancel_of_one_takes_nothing_from_the_other_and_only_both_end_the_holding(byte first, byte second, Failover failover)
    {
        var scenario = HeldTwice();
        Restart();
        Assert.False(scenario.When(Cancel(1, first)).Reply().CancelLock.Cancelled);
        Restart();
        Assert.Equal(1, Assert.Single(scenario.Look().Holders).Fence);
        // It is as cancelled as any other.
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(1, first, attempt: 2, holderId: "h")).Code());
        Assert.Equal(1, scenario.When(Acquire(1, second, attempt: 2, holderId: "h")).Reply().LockGrant.Fence);
        Assert.False(scenario.When(Cancel(1, first)).Reply().CancelLock.Cancelled);
        Assert.Single(scenario.Look().Holders);
        Assert.True(scenario.When(Cancel(1, second)).Reply().CancelLock.Cancelled);
        Assert.Empty(scenario.Look().Holders);

        void Restart()
        {
            if (failover == Failover.Rows) scenario.Restart(epoch: scenario.Entity.Epoch + 1);
            if (failover == Failover.Snapshot) scenario.RestartFromSnapshot(epoch: scenario.Entity.Epoch + 1);
        }
    }

    [Fact]
    public void It_is_told_when_it_is_stored_and_the_same_request_again_stores_nothing()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h"), Alive(1, 60_000));
        var other = scenario.When(Acquire(1, 2, holderId: "h"));
        Assert.Equal([Event.BodyOneofCase.LockReEntered], other.Kinds);
        Assert.All(other.Batch.Now, effect => Assert.IsNotType<Core.Entities.AnswerEffect>(effect));
        Assert.Empty(scenario.When(Acquire(1, 1, holderId: "h")).Events);
        Assert.Empty(scenario.When(Acquire(1, 2, holderId: "h")).Events);
    }

    [Fact]
    public void Two_that_waited_and_were_granted_together_have_it_both()
    {
        var scenario = Held();
        scenario.When(Acquire(2, 2, wait: 30, holderId: "h"), Alive(2));
        var same = scenario.When(Acquire(2, 3, wait: 30, holderId: "h"));
        Assert.Equal(2, scenario.When(Release(1, 1)).ReplyTo(same).LockGrant.Fence);
        Assert.False(scenario.When(Cancel(2, 2)).Reply().CancelLock.Cancelled);
        Assert.Equal(2, Assert.Single(scenario.Look().Holders).Fence);
        Assert.True(scenario.When(Cancel(2, 3)).Reply().CancelLock.Cancelled);
        Assert.Empty(scenario.Look().Holders);
    }

    [Fact]
    public void Whoever_comes_while_a_cancel_waits_for_a_transaction_has_it_afterwards()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h"), Alive(1, 60_000));
        scenario.When(Guard("t", 1));
        var cancel = scenario.When(Cancel(1, 1));
        Assert.False(cancel.Answers(cancel));
        Assert.Equal(1, scenario.When(Acquire(1, 2, holderId: "h")).Reply().LockGrant.Fence);
        var again = scenario.When(Cancel(1, 1));
        var over = scenario.When(Make.Abort("t"));
        Assert.False(over.ReplyTo(cancel).CancelLock.Cancelled);
        Assert.False((again.Answers(again) ? again : over).ReplyTo(again).CancelLock.Cancelled);
        Assert.DoesNotContain(Event.BodyOneofCase.LockReleased, over.Kinds);
        Assert.Equal(1, Assert.Single(scenario.Look().Holders).Fence);
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(1, 1, attempt: 2, holderId: "h")).Code());
        Assert.True(scenario.When(Cancel(1, 2)).Reply().CancelLock.Cancelled);
    }

    [Fact]
    public void After_an_upgrade_they_have_the_new_grant_both()
    {
        var scenario = HeldTwice(LockMode.Upgradeable);
        Assert.Equal(2, scenario.When(Upgrade(1, 1, 10)).Reply().LockGrant.Fence);
        Assert.False(scenario.When(Cancel(1, 1)).Reply().CancelLock.Cancelled);
        Assert.Equal(2, Assert.Single(scenario.Look().Holders).Fence);
        Assert.True(scenario.When(Cancel(1, 2)).Reply().CancelLock.Cancelled);
    }

    [Fact]
    public void Who_asks_for_something_else_is_told_of_nothing_and_holds_nothing()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h"), Alive(1, 60_000));
        var other = scenario.When(Acquire(1, 2, holderId: "h", mode: LockMode.Shared));
        Assert.Equal(ErrorCode.InvalidArgument, other.Code());
        Assert.Empty(other.Events);
        Assert.True(scenario.When(Cancel(1, 1)).Reply().CancelLock.Cancelled);
    }

    /// <summary>What is kept of a holding has a limit. Beyond it a cancel could only guess who else was told.</summary>
    [Fact]
    public void One_that_so_many_requests_were_told_of_ends_by_no_cancel_but_by_its_release()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h"), Alive(1, 60_000));
        for (byte i = 2; i <= Limits.RequestsPerHolding; i++) Assert.Single(scenario.When(Acquire(1, i, holderId: "h")).Events);
        Assert.Empty(scenario.When(Acquire(1, 99, holderId: "h")).Events);
        scenario.RestartFromSnapshot(epoch: 2);
        for (byte i = 1; i <= Limits.RequestsPerHolding; i++) Assert.False(scenario.When(Cancel(1, i)).Reply().CancelLock.Cancelled);
        Assert.False(scenario.When(Cancel(1, 99)).Reply().CancelLock.Cancelled);
        Assert.Equal(1, Assert.Single(scenario.Look().Holders).Fence);
        Assert.NotNull(scenario.When(Release(1, 1)).Reply().ReleaseLock);
    }

    /// <summary>Two acquireAlls of one holder, one after the other, and the first is taken back late: the slot and the lock as they talk to each other.</summary>
    [Fact]
    public void A_late_cancel_of_an_acquireAll_leaves_the_grants_of_another_of_the_same_holder()
    {
        var slot = Sessions.MultiLockScenario.Open();
        var scenario = Scenario.Fresh(Id);
        var first = slot.When(Sessions.MultiLockScenario.Acquire("l", request: 1, holderId: "h"));
        Assert.Equal(1, Talk(first, first).AcquireAllLocks.Locks[0].Fence);
        var second = slot.When(Sessions.MultiLockScenario.Acquire("l", request: 2, holderId: "h"));
        Assert.Equal(1, Talk(second, second).AcquireAllLocks.Locks[0].Fence);
        var cancel = slot.When(Sessions.MultiLockScenario.Cancel(1));
        Assert.True(Talk(cancel, cancel).CancelAllLocks.Cancelled);
        Assert.Equal(1, Assert.Single(scenario.Look().Holders).Fence);
        cancel = slot.When(Sessions.MultiLockScenario.Cancel(2));
        Assert.True(Talk(cancel, cancel).CancelAllLocks.Cancelled);
        Assert.Empty(scenario.Look().Holders);

        Reply Talk(Then then, Then call)
        {
            while (!then.Answers(call))
            {
                Command[] toLock = [.. then.Sent.Where(s => s.To == Id).Select(s => s.Command)];
                Assert.NotEmpty(toLock);
                var said = scenario.When(toLock);
                while (said.Sent.FirstOrDefault(s => s.Command.AskLiveness is not null) is { } question) said = scenario.When([.. slot.When(question.Command).Sent.Select(s => s.Command)]);
                then = slot.When([.. said.Sent.Where(s => s.Command.LockAnswer is not null).Select(s => s.Command)]);
            }
            return then.ReplyTo(call);
        }
    }
}
