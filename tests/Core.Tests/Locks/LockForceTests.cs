using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockForceTests
{
    private static HoldingLost[] Told(Then then) => [.. then.Sent.Where(s => s.Command.HoldingLost is not null).Select(s => s.Command.HoldingLost)];

    private static Command Seen(long fence) => Make.From(EntityId.SessionSlot(4), new Command { HoldingLostSeen = new HoldingLostSeen { Fence = fence } });

    [Fact]
    public void It_ends_the_holding_and_gives_it_to_the_next_with_a_higher_fence()
    {
        var scenario = Held();
        var waiting = scenario.Ask(2, 2, wait: 30);
        var forced = scenario.When(Force(50));
        Assert.Equal([1L], forced.Reply().ForceReleaseLock.Fences);
        Assert.Equal([Event.BodyOneofCase.LockReleased, Event.BodyOneofCase.LockGranted], forced.Kinds);
        Assert.Equal("forced: stuck", forced.Events[0].LockReleased.Reason);
        Assert.Equal(2, forced.ReplyTo(waiting).LockGrant.Fence);
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Release(1, 1)).Code());
    }

    [Fact]
    public void A_repeat_does_not_end_the_next_ones_holding()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 30);
        scenario.When(Force(50));
        Assert.Equal([1L], scenario.RestartFromSnapshot(epoch: 2).When(Force(50, attempt: 2)).Reply().ForceReleaseLock.Fences);
        Assert.Single(scenario.Look().Holders);
    }

    [Fact]
    public void All_holdings_or_one()
    {
        var scenario = Scenario.Fresh(Id);
        for (byte i = 1; i <= 3; i++) scenario.Have(i, LockMode.Shared);
        Assert.Equal([2L], scenario.When(Force(50, fence: 2)).Reply().ForceReleaseLock.Fences);
        Assert.Equal([1L, 3L], scenario.Look().Holders.Select(h => h.Fence));
        Assert.Equal(ErrorCode.FenceStale, scenario.When(Force(51, fence: 2)).Code());
        Assert.Equal([1L, 3L], scenario.When(Force(52)).Reply().ForceReleaseLock.Fences);
        Assert.Empty(scenario.When(Force(53)).Reply().ForceReleaseLock.Fences);
    }

    [Fact]
    public void It_waits_for_the_transactions_that_are_guarded()
    {
        var scenario = Held();
        scenario.When(Guard("t", 1));
        var forced = scenario.When(Force(50));
        Assert.Empty(forced.Events);
        Assert.Equal([1L], scenario.When(Make.Abort("t")).ReplyTo(forced).ForceReleaseLock.Fences);
    }

    [Fact]
    public void The_session_is_told_again_and_again_until_the_holder_knows()
    {
        var scenario = Held();
        var told = Assert.Single(Told(scenario.When(Force(50))));
        Assert.Equal((Session(1), 1, "forced: stuck"), (told.SessionId, told.Fence, told.Reason));
        Assert.False(scenario.Entity.IsIdle);
        Assert.Single(Told(scenario.WhenTimePasses(2000)));
        Assert.Single(Told(scenario.RestartFromSnapshot(epoch: 2).When(State)));
        scenario.When(Seen(1));
        Assert.Empty(Told(scenario.WhenTimePasses(2000)));
        Assert.True(scenario.Restart(epoch: 3).Entity.IsIdle);
        Assert.Empty(Told(scenario.When(State)));
    }

    [Fact]
    public void A_release_in_the_ordinary_way_tells_nobody() => Assert.Empty(Told(Held().When(Release(1, 1))));

    [Fact]
    public void All_are_told_however_many_they_are_and_each_once_at_a_time()
    {
        var scenario = Scenario.Fresh(Id);
        var many = Limits.LossesUntold + 100;
        scenario.When(Alive(1));
        scenario.When([.. Enumerable.Range(1, many).Select(i => Named(Acquire(1, 1, mode: LockMode.Shared), $"a{i}"))]);
        scenario.When(Alive(1));
        Assert.Equal(many, scenario.Look().Holders.Count);
        Assert.Equal(Enumerable.Range(1, many).Select(i => (long)i), Told(scenario.When(Force(50))).Select(t => t.Fence));
        Assert.Equal(many, Told(scenario.RestartFromSnapshot(epoch: 2).WhenTimePasses(2000)).Length);
    }

    [Fact]
    public void A_lock_of_which_so_many_have_not_heard_is_taken_from_nobody_else_before_some_have()
    {
        var scenario = Scenario.Fresh(Id);
        for (var i = 0; i < Limits.LossesUntold; i++)
        {
            scenario.When(Named(Acquire(1, 1), $"a{i}"), Alive(1));
            Assert.Single(scenario.When(Named(Force(1), $"f{i}")).Reply().ForceReleaseLock.Fences);
        }
        scenario.When(Named(Acquire(1, 1), "a"), Alive(1));
        var refused = scenario.When(Named(Force(1), "f")).Reply().Failure;
        Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        Assert.Contains($"{Limits.LossesUntold}", refused.Message, StringComparison.Ordinal);
        Assert.Single(scenario.Look().Holders);
        Assert.Equal(Limits.LossesUntold, Told(scenario.WhenTimePasses(2000)).Length);
        scenario.When(Seen(1));
        Assert.Equal([Limits.LossesUntold + 1L], scenario.When(Named(Force(1), "g")).Reply().ForceReleaseLock.Fences);
        Assert.Equal(Limits.LossesUntold, Told(scenario.WhenTimePasses(2000)).Length);
    }

    private static Command Named(Command command, string requestId)
    {
        command.RequestId = requestId;
        return command;
    }
}
