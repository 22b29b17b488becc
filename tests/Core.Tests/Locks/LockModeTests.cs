using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockModeTests
{
    private const Event.BodyOneofCase Granted = Event.BodyOneofCase.LockGranted;
    private const Event.BodyOneofCase Released = Event.BodyOneofCase.LockReleased;

    [Theory]
    [InlineData(LockMode.Exclusive, LockMode.Exclusive, false)]
    [InlineData(LockMode.Exclusive, LockMode.Shared, false)]
    [InlineData(LockMode.Exclusive, LockMode.Upgradeable, false)]
    [InlineData(LockMode.Shared, LockMode.Exclusive, false)]
    [InlineData(LockMode.Shared, LockMode.Shared, true)]
    [InlineData(LockMode.Shared, LockMode.Upgradeable, true)]
    [InlineData(LockMode.Upgradeable, LockMode.Exclusive, false)]
    [InlineData(LockMode.Upgradeable, LockMode.Shared, true)]
    [InlineData(LockMode.Upgradeable, LockMode.Upgradeable, false)]
    public void Who_goes_beside_whom(LockMode first, LockMode second, bool together)
    {
        var scenario = Scenario.Fresh(Id);
        Assert.Equal(1, scenario.Have(1, first));
        var asked = scenario.When(Acquire(2, 2, mode: second));
        var reply = scenario.When(Alive(2)).ReplyTo(asked);
        if (together) Assert.Equal((2, second), (reply.LockGrant.Fence, reply.LockGrant.Mode));
        else Assert.Equal(ErrorCode.LockHeld, reply.Failure.Code);
        Assert.Equal(together ? 2 : 1, scenario.RestartFromSnapshot(epoch: 2).Look().Holders.Count);
    }

    [Fact]
    public void A_writer_that_waits_holds_back_later_readers()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Shared);
        var writer = scenario.Ask(2, 2, wait: 30);
        var reader = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(3, 4, mode: LockMode.Shared)).Code());
        var released = scenario.When(Release(1, 1));
        Assert.Equal(2, released.ReplyTo(writer).LockGrant.Fence);
        Assert.False(released.Answers(reader));
        Assert.Equal(3, scenario.When(Release(2, 2, request: 101)).ReplyTo(reader).LockGrant.Fence);
    }

    [Fact]
    public void Readers_that_follow_one_another_are_granted_in_one_row_and_no_further()
    {
        var scenario = Held();
        var first = scenario.Ask(2, 2, wait: 30, mode: LockMode.Shared);
        var second = scenario.Ask(3, 3, wait: 30, mode: LockMode.Shared);
        var writer = scenario.Ask(4, 4, wait: 30);
        var third = scenario.Ask(5, 5, wait: 30, mode: LockMode.Shared);
        var released = scenario.When(Release(1, 1));
        Assert.Equal([Released, Granted, Granted], Assert.Single(released.Batch.Rows).Events.Select(e => e.BodyCase));
        Assert.Equal((2, 3), (released.ReplyTo(first).LockGrant.Fence, released.ReplyTo(second).LockGrant.Fence));
        Assert.False(released.Answers(third) || released.Answers(writer));
        Assert.DoesNotContain(Granted, scenario.When(Release(2, 2, request: 101)).Kinds);
        Assert.Equal(4, scenario.When(Release(3, 3, request: 102)).ReplyTo(writer).LockGrant.Fence);
    }

    [Fact]
    public void Permits_are_given_up_to_the_limit_and_in_order()
    {
        var scenario = Scenario.Fresh(Id);
        Assert.Equal(1, scenario.Have(1, LockMode.Semaphore, 2, 3));
        var two = scenario.Ask(2, 2, wait: 30, mode: LockMode.Semaphore, permits: 2, limit: 3);
        // One permit is left, but somebody waits already.
        var one = scenario.Ask(3, 3, wait: 30, mode: LockMode.Semaphore, permits: 1, limit: 3);
        Assert.Equal(2, scenario.Look().Waiters.Count);
        var released = scenario.When(Release(1, 1));
        Assert.Equal((2, 3), (released.ReplyTo(two).LockGrant.Fence, released.ReplyTo(one).LockGrant.Fence));
        Assert.Equal(2, scenario.RestartFromSnapshot(epoch: 2).Look().Holders.Count);
        var full = scenario.When(Acquire(4, 4, mode: LockMode.Semaphore, limit: 3));
        // By whom it is held, only the rows have said so far.
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Alive(2), Alive(3), Alive(4)).ReplyTo(full).Failure.Code);
    }

    [Theory]
    [InlineData(LockMode.Semaphore, 1, 4, "limit", "limit 3")]
    [InlineData(LockMode.Exclusive, 0, 0, "mode", "limit 3")]
    [InlineData(LockMode.Shared, 0, 0, "mode", "limit 3")]
    [InlineData(LockMode.Semaphore, 4, 3, "permits", "limit, which is 3")]
    public void What_does_not_go_with_the_present_semaphore_is_refused_and_not_queued(LockMode mode, int permits, int limit, string field, string names)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Semaphore, 1, 3);
        var asked = scenario.When(Acquire(2, 2, wait: 30, mode: mode, permits: permits, limit: limit));
        var failure = scenario.When(Alive(2)).ReplyTo(asked).Failure;
        Assert.Equal((ErrorCode.InvalidArgument, field), (failure.Code, failure.Details.Fields["field"].StringValue));
        Assert.StartsWith(field, failure.Message, StringComparison.Ordinal);
        Assert.Contains(names, failure.Message, StringComparison.Ordinal);
        Assert.Empty(scenario.Look().Waiters);
    }

    [Fact]
    public void A_lock_becomes_a_semaphore_and_back_when_nobody_uses_it()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Semaphore, 1, 3);
        scenario.When(Release(1, 1));
        Assert.Equal(2, scenario.Have(2, LockMode.Exclusive));
        var semaphore = scenario.When(Acquire(3, 3, mode: LockMode.Semaphore, limit: 2));
        Assert.Equal(ErrorCode.InvalidArgument, scenario.When(Alive(3)).ReplyTo(semaphore).Failure.Code);
        scenario.When(Release(2, 2, request: 101));
        Assert.Equal(3, scenario.Have(4, LockMode.Semaphore, 1, 2));
    }

    [Theory]
    [InlineData(LockMode.Shared, 0, 0)]
    [InlineData(LockMode.Upgradeable, 0, 0)]
    [InlineData(LockMode.Semaphore, 2, 3)]
    public void Re_entry_gives_the_same_grant_in_every_mode_and_takes_nothing_more(LockMode mode, int permits, int limit)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h", mode: mode, permits: permits, limit: limit), Alive(1));
        var again = scenario.When(Acquire(1, 2, holderId: "h", mode: mode, permits: permits, limit: limit));
        Assert.DoesNotContain(again.Events, e => e.LockGranted is not null);
        Assert.Equal((1, mode), (again.Reply().LockGrant.Fence, again.Reply().LockGrant.Mode));
        Assert.Single(scenario.Look().Holders);
    }

    [Theory]
    [InlineData(LockMode.Shared, 0, 0, LockMode.Exclusive, 0, 0)]
    [InlineData(LockMode.Exclusive, 0, 0, LockMode.Shared, 0, 0)]
    [InlineData(LockMode.Semaphore, 1, 3, LockMode.Semaphore, 2, 3)]
    [InlineData(LockMode.Shared, 0, 0, LockMode.Semaphore, 1, 3)]
    public void Re_entry_in_another_mode_is_refused(LockMode first, int permits, int limit, LockMode second, int morePermits, int secondLimit)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h", mode: first, permits: permits, limit: limit), Alive(1));
        var refused = scenario.When(Acquire(1, 2, holderId: "h", wait: 30, mode: second, permits: morePermits, limit: secondLimit));
        Assert.Equal(ErrorCode.InvalidArgument, refused.Code());
        Assert.Contains("fence 1", refused.Reply().Failure.Message, StringComparison.Ordinal);
        Assert.Empty(scenario.Look().Waiters);
    }

    [Fact]
    public void A_holder_that_waits_in_one_mode_does_not_wait_in_another_too()
    {
        var scenario = Held();
        scenario.When(Acquire(2, 2, holderId: "h", wait: 30), Alive(2));
        Assert.Equal(ErrorCode.InvalidArgument, scenario.When(Acquire(2, 3, holderId: "h", wait: 30, mode: LockMode.Shared)).Code());
        Assert.Single(scenario.Look().Waiters);
    }

    [Fact]
    public void The_end_of_a_session_ends_all_its_holdings_and_gives_them_to_the_next_in_one_row()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, mode: LockMode.Shared), Alive(1));
        scenario.When(Acquire(1, 11, mode: LockMode.Shared));
        var writer = scenario.Ask(2, 2, wait: 30);
        var gone = scenario.When(Gone(1));
        Assert.Equal([Released, Released, Granted], Assert.Single(gone.Batch.Rows).Events.Select(e => e.BodyCase));
        Assert.Equal(3, gone.ReplyTo(writer).LockGrant.Fence);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void The_guard_holds_for_every_fence_that_is_held(long fence, bool held)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Shared);
        scenario.Have(2, LockMode.Shared);
        Assert.Equal(held, Assert.Single(scenario.When(Guard("t", fence)).Votes()).Conditions[0].Held);
    }

    [Fact]
    public void The_guard_of_a_permit_that_was_given_back_does_not_hold_while_others_are_held()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Semaphore, 1, 3);
        scenario.Have(2, LockMode.Semaphore, 1, 3);
        scenario.When(Release(1, 1));
        Assert.False(Assert.Single(scenario.When(Guard("t", 1)).Votes()).Conditions[0].Held);
    }

    [Fact]
    public void A_refusal_names_some_holders_and_says_how_many_there_are()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When([.. Enumerable.Range(0, Limits.HoldersTold + 8).Select(i => Numbered(i)), Alive(2)]);
        var refused = scenario.When(Acquire(2, 2)).Reply().Failure.Details.Fields;
        Assert.Equal((Limits.HoldersTold, Limits.HoldersTold + 8), (refused["holders"].ListValue.Values.Count, (int)refused["holderCount"].NumberValue));
    }

    [Fact]
    public void Beyond_the_limit_of_holders_one_waits()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When([.. Enumerable.Range(0, Limits.HoldersPerLock).Select(i => Numbered(i)), Alive(2)]);
        Assert.Equal(Limits.HoldersPerLock, scenario.Look().Holders.Count);
        var waits = scenario.When(Numbered(Limits.HoldersPerLock));
        Assert.False(waits.Answers(waits));
        Assert.Equal(Limits.HoldersPerLock + 1, scenario.When(Release(2, 1)).ReplyTo(waits).LockGrant.Fence);
    }

    private static Messages.Internal.Command Numbered(int number) => new()
    {
        AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session(2), WaitSeconds = 30, Mode = LockMode.Shared }, RequestId = $"r{number}",
    };
}
