using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks.Deadlocks;

/// <summary>What must be the same in the second pass, at one lock: the wait, by its very call, and what it waits for, by its very fence.</summary>
public sealed class SecondPassTests
{
    private static Command With(Command acquire, string flow)
    {
        acquire.AcquireLock.FlowId = flow;
        return acquire;
    }

    private static Command Waits(uint attempt = 1, double wait = 30) => With(Acquire(2, 2, wait, attempt), "f2");

    /// <summary>Session 1 holds, session 2 waits, and a question about it comes back to the lock: as it would if 1 waited for something of 2's.</summary>
    private static (Scenario Lock, Then Waiting, Command Confirm) Found(LockMode held = LockMode.Exclusive, Action<Scenario>? before = null)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(With(Acquire(1, 1, mode: held), "f1"));
        scenario.When(Alive(1));
        before?.Invoke(scenario);
        var waiting = scenario.When(Waits());
        scenario.When(Alive(2));
        var chase = new ChaseFlow { Path = { new WaitEdge { Lock = "l", HolderFence = 1 } }, Question = 1, SessionId = Session(2), FlowId = "f2" };
        var found = scenario.When(Make.From(EntityId.SessionSlot(4), new Command { ChaseFlow = chase }));
        Assert.False(found.Answers(waiting));
        return (scenario, waiting, Assert.Single(found.Sent, s => s.Command.ConfirmCycle is not null).Command);
    }

    [Fact]
    public void The_same_wait_for_the_same_holding_is_refused_and_a_repeat_hears_the_same()
    {
        var (scenario, waiting, confirm) = Found();
        var refused = scenario.When(confirm);
        Assert.Equal(ErrorCode.Deadlock, refused.ReplyTo(waiting).Failure.Code);
        Assert.Equal("deadlock", Assert.Single(refused.Events).LockWaiterLeft.Reason);
        Assert.Empty(scenario.When(confirm).Events);
        Assert.Equal(ErrorCode.Deadlock, scenario.When(Waits(attempt: 2)).Code());
    }

    [Fact]
    public void Another_call_of_the_same_request_is_another_wait()
    {
        var (scenario, _, confirm) = Found();
        var again = scenario.When(Waits(attempt: 2));
        var passed = scenario.When(confirm);
        Assert.False(passed.Answers(again));
        Assert.Empty(passed.Sent);
    }

    [Fact]
    public void One_whose_call_is_over_waits_no_more_though_its_place_is_kept()
    {
        var (scenario, _, confirm) = Found();
        scenario.WhenTimePasses(30_000);
        Assert.Empty(scenario.When(confirm).Events);
        Assert.Single(scenario.When(State).Reply().Lock.Waiters);
    }

    [Fact]
    public void A_holding_that_was_let_go_is_no_edge_any_more()
    {
        var (scenario, waiting, confirm) = Found();
        Assert.NotNull(scenario.When(Release(1, 1)).ReplyTo(waiting).LockGrant);
        Assert.Empty(scenario.When(confirm).Events);
    }

    [Fact]
    public void Another_holding_of_the_same_flow_is_another_edge()
    {
        var (scenario, waiting, confirm) = Found(LockMode.Shared);
        scenario.When(Release(1, 1));
        Assert.Empty(scenario.When(confirm).Events);
        Assert.False(scenario.When().Answers(waiting));
    }

    [Fact]
    public void A_new_activation_knows_nothing_of_the_first_pass()
    {
        var (scenario, _, confirm) = Found();
        scenario.After(5).Restart(epoch: 2);
        var back = scenario.When(Waits(attempt: 2));
        Assert.False(scenario.When(confirm).Answers(back));
    }

    /// <summary>A reader that is held up by readers only because an upgrade waits before it. That upgrade goes, another comes, and in between nobody was in its way; it could not be granted then, for its session was being asked.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wait_behind_another_upgrade_is_another_wait(bool isAnother)
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(With(Acquire(1, 1, mode: LockMode.Shared), "f1"));
        scenario.When(Alive(1, 60_000));
        scenario.When(Acquire(3, 3, mode: LockMode.Upgradeable));
        scenario.When(Alive(3, 60_000));
        scenario.When(Upgrade(3, fence: 2, request: 30, wait: 60));
        var waiting = scenario.When(With(Acquire(2, 2, wait: 60, mode: LockMode.Shared), "f2"));
        scenario.When(Alive(2, 1000));
        var chase = new ChaseFlow { Path = { new WaitEdge { Lock = "l", HolderFence = 1 } }, Question = 1, SessionId = Session(2), FlowId = "f2" };
        var confirm = Assert.Single(scenario.When(Make.From(EntityId.SessionSlot(4), new Command { ChaseFlow = chase })).Sent, s => s.Command.ConfirmCycle is not null).Command;
        scenario.After(2000);
        if (isAnother)
        {
            Assert.False(scenario.When(Cancel(3, 30)).Answers(waiting));
            scenario.When(Upgrade(3, fence: 2, request: 31, wait: 60));
        }
        Assert.Equal(!isAnother, scenario.When(confirm).Answers(waiting));
    }
}
