using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockQueueTests
{
    [Fact]
    public void Every_grant_has_the_next_fence_for_ever()
    {
        var scenario = Held();
        scenario.When(Release(1, 1));
        var second = scenario.When(Acquire(2, 2));
        Assert.Equal(2, scenario.When(Alive(2)).ReplyTo(second).LockGrant.Fence);
        scenario.When(Release(2, 2, request: 101));
        var third = scenario.RestartFromSnapshot(epoch: 2).When(Acquire(1, 3));
        Assert.Equal(3, scenario.When(Alive(1)).ReplyTo(third).LockGrant.Fence);
    }

    [Fact]
    public void Who_does_not_wait_is_told_who_holds()
    {
        var scenario = Held();
        var asked = scenario.When(Acquire(2, 2));
        var refusal = scenario.When(Alive(2)).ReplyTo(asked).Failure;
        Assert.Equal(ErrorCode.LockHeld, refusal.Code);
        var holder = Assert.Single(refusal.Details.Fields["holders"].ListValue.Values).StructValue.Fields;
        Assert.Equal((Session(1), "1", "exclusive"), (holder["sessionId"].StringValue, holder["fence"].StringValue, holder["mode"].StringValue));
        Assert.Equal((0, 1), (refusal.Details.Fields["waiters"].NumberValue, refusal.Details.Fields["position"].NumberValue));
    }

    [Fact]
    public void Waiters_are_granted_in_the_order_of_their_coming()
    {
        var scenario = Held();
        var second = scenario.Ask(2, 2, wait: 30);
        var third = scenario.Ask(3, 3, wait: 30);
        var released = scenario.When(Release(1, 1));
        Assert.Equal([Event.BodyOneofCase.LockReleased, Event.BodyOneofCase.LockGranted], released.Kinds);
        Assert.Single(released.Batch.Rows);
        Assert.Equal(2, released.ReplyTo(second).LockGrant.Fence);
        Assert.Equal(3, scenario.When(Release(2, 2, request: 101)).ReplyTo(third).LockGrant.Fence);
    }

    [Fact]
    public void Nobody_overtakes_the_queue_while_its_head_is_asked()
    {
        var scenario = Held();
        var second = scenario.Ask(2, 2, wait: 30);
        scenario.After(11_000).When(Release(1, 1));
        var third = scenario.Ask(3, 3, wait: 30);
        Assert.False(scenario.When().Answers(third));
        Assert.Equal(2, scenario.When(Alive(2)).ReplyTo(second).LockGrant.Fence);
    }

    [Fact]
    public void The_same_holder_gets_the_same_grant_and_another_of_the_session_does_not()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.When(Acquire(1, 1, holderId: "h"), Alive(1));
        var again = scenario.When(Acquire(1, 2, holderId: "h"));
        Assert.Equal(1, again.Reply().LockGrant.Fence);
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(1, 3, holderId: "other")).Code());
    }

    [Fact]
    public void Two_requests_of_one_holder_are_granted_together()
    {
        var scenario = Held();
        scenario.When(Acquire(2, 2, wait: 30, holderId: "h"), Alive(2));
        var same = scenario.When(Acquire(2, 3, wait: 30, holderId: "h"));
        Assert.Equal(2, scenario.When(Release(1, 1)).ReplyTo(same).LockGrant.Fence);
        Assert.Empty(scenario.When(State).Reply().Lock.Waiters);
    }

    [Fact]
    public void Who_has_waited_in_vain_keeps_its_place_for_a_while()
    {
        var scenario = Held();
        var waiting = scenario.Ask(2, 2, wait: 3);
        var late = scenario.WhenTimePasses(3000);
        Assert.Equal(ErrorCode.LockHeld, late.ReplyTo(waiting).Failure.Code);
        Assert.Empty(late.Events);
        scenario.Ask(3, 3, wait: 30);
        var again = scenario.After(2000).When(Acquire(2, 2, wait: 30, attempt: 2));
        scenario.When(Alive(2));
        Assert.Equal(2, scenario.When(Release(1, 1)).ReplyTo(again).LockGrant.Fence);
    }

    [Fact]
    public void Nobody_is_granted_a_lock_without_an_open_call()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 1);
        scenario.WhenTimePasses(1000);
        Assert.Equal([Event.BodyOneofCase.LockReleased], scenario.When(Release(1, 1)).Kinds);
    }

    [Fact]
    public void A_late_first_attempt_does_not_wait_again_after_the_second_was_answered()
    {
        var scenario = Held();
        scenario.When(Acquire(2, 2, wait: 1, attempt: 2), Alive(2));
        scenario.WhenTimePasses(1000);
        Assert.Equal(ErrorCode.OutcomeUnknown, scenario.When(Acquire(2, 2, wait: 30)).Code());
        Assert.Equal([Event.BodyOneofCase.LockReleased], scenario.When(Release(1, 1)).Kinds);
    }

    [Fact]
    public void A_head_without_an_open_call_for_5_s_loses_its_place_to_the_next()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 1);
        var third = scenario.Ask(3, 3, wait: 30);
        scenario.WhenTimePasses(1000);
        scenario.When(Release(1, 1));
        scenario.When(Alive(3, 60_000));
        Assert.Empty(scenario.WhenTimePasses(4900).Events);
        scenario.When(Alive(3, 60_000));
        var left = scenario.WhenTimePasses(100);
        Assert.Equal([Event.BodyOneofCase.LockWaiterLeft, Event.BodyOneofCase.LockGranted], left.Kinds);
        Assert.Equal(2, left.ReplyTo(third).LockGrant.Fence);
    }

    [Fact]
    public void Those_who_gave_up_do_not_fill_the_queue_for_as_long_as_the_lock_is_held()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 1);
        scenario.WhenTimePasses(1000);
        for (var second = 0; second < 59; second++) Assert.Empty(scenario.After(1000).When(Alive(1), Alive(2)).Events);
        Assert.True(scenario.Entity.WakeAtMs <= scenario.Now.MonoMs + 1000);
        Assert.Equal([Event.BodyOneofCase.LockWaiterLeft], scenario.WhenTimePasses(1000).Kinds);
    }

    [Fact]
    public void After_a_restart_waiters_have_5_s_to_call_again()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 30);
        scenario.When(Release(1, 1, request: 90));
        Assert.Equal(2, scenario.When(State).Reply().Lock.LastFence);
        scenario.Ask(3, 3, wait: 30);
        scenario.Restart(epoch: 2).When(Release(2, 2), Alive(2), Alive(3));
        Assert.Empty(scenario.When(State).Reply().Lock.Holders);
        var again = scenario.After(4000).When(Acquire(3, 3, wait: 30, attempt: 2));
        var granted = again.Answers(again) ? again : scenario.When(Alive(3));
        Assert.Equal(3, granted.ReplyTo(again).LockGrant.Fence);
    }

    [Fact]
    public void Dead_waiters_are_skipped()
    {
        var scenario = Held();
        var second = scenario.Ask(2, 2, wait: 30);
        var third = scenario.Ask(3, 3, wait: 30);
        var gone = scenario.When(Gone(2));
        Assert.Equal(ErrorCode.SessionExpired, gone.ReplyTo(second).Failure.Code);
        Assert.Equal(2, scenario.When(Release(1, 1)).ReplyTo(third).LockGrant.Fence);
    }

    /// <summary>
    /// The session of the head has ended, and the word of that got lost. It costs the one question that is asked anyway, since what its session last said has run out with it: no waiting for a time to be over, and
    /// no row but the one in which the next is granted the lock.
    /// </summary>
    [Fact]
    public void A_dead_head_of_which_the_lock_has_not_heard_is_skipped_for_the_price_of_one_question()
    {
        var scenario = Held();
        var dead = scenario.Ask(2, 2, wait: 60);
        var next = scenario.Ask(3, 3, wait: 60);
        scenario.After(11_000).When(Alive(1, 60_000), Alive(3, 60_000));
        var released = scenario.When(Release(1, 1));
        Assert.Equal([Event.BodyOneofCase.LockReleased], released.Kinds);
        Assert.False(released.Answers(next));
        var said = scenario.When(Alive(2, remainingMs: 0));
        Assert.Equal([Event.BodyOneofCase.LockWaiterLeft, Event.BodyOneofCase.LockGranted], said.Kinds);
        Assert.Single(said.Batch.Rows);
        Assert.DoesNotContain(said.Sent, s => s.Command.AskLiveness is not null);
        Assert.Equal(ErrorCode.SessionExpired, said.ReplyTo(dead).Failure.Code);
        Assert.Equal(2, said.ReplyTo(next).LockGrant.Fence);
    }

    [Fact]
    public void Any_number_of_dead_ones_before_the_next_cost_one_question_each_and_all_at_the_same_time()
    {
        var scenario = Held();
        for (byte i = 2; i <= 9; i++) scenario.Ask(i, i, wait: 60);
        var next = scenario.Ask(10, 10, wait: 60);
        scenario.When(Release(1, 1, request: 90));
        scenario.When(Gone(2));
        var asked = scenario.After(11_000).When();
        Assert.Equal(8, asked.Sent.Count(s => s.Command.AskLiveness is not null));
        scenario.When(Alive(10, 60_000));
        for (byte i = 3; i <= 8; i++) scenario.When(Alive(i, remainingMs: 0));
        var last = scenario.When(Alive(9, remainingMs: 0));
        Assert.Equal(Session(10), Assert.Single(scenario.Look().Holders).SessionId);
        Assert.NotNull(last.ReplyTo(next).LockGrant);
    }

    [Fact]
    public void The_queue_has_a_limit_that_the_refusal_names()
    {
        var scenario = Held();
        scenario.When([.. Enumerable.Range(0, Limits.WaitersPerLock).Select(i => Numbered(i)), Alive(2)]);
        Assert.Equal(Limits.WaitersPerLock, scenario.When(State).Reply().Lock.Waiters.Count);
        var refused = scenario.When(Numbered(Limits.WaitersPerLock)).Reply().Failure;
        Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        Assert.Contains($"{Limits.WaitersPerLock}", refused.Message, StringComparison.Ordinal);

        static Messages.Internal.Command Numbered(int number) => new()
        {
            AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session(2), WaitSeconds = 30 }, RequestId = $"r{number}",
        };
    }

    /// <summary>Its process stood still for longer than outcomes are remembered, and the place went meanwhile. That it got nothing is certain all the same.</summary>
    [Fact]
    public void Who_has_lost_its_place_after_a_long_wait_is_told_so_and_may_wait_again()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 60);
        scenario.After(59_000).When(Alive(1), Alive(2, 100_000));
        scenario.When(Acquire(2, 2, wait: 3, attempt: 2));
        scenario.After(4000).When(Release(1, 1));
        scenario.After(6000).When(Alive(2, 100_000));
        Assert.Empty(scenario.When(State).Reply().Lock.Waiters);
        Assert.Equal(ErrorCode.LockHeld, scenario.When(Acquire(2, 2, wait: 3, attempt: 2)).Reply().Failure.Code);
        var again = scenario.Ask(2, 2, wait: 3, attempt: 3);
        Assert.Equal(Session(2), Assert.Single(scenario.When(State).Reply().Lock.Holders).SessionId);
    }

    [Fact]
    public void A_waiter_that_repeats_its_request_after_a_minute_is_still_known()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 60);
        scenario.After(59_000).When(Alive(1), Alive(2));
        var again = scenario.When(Acquire(2, 2, wait: 60, attempt: 2));
        scenario.After(10_000).When(Alive(1), Alive(2, 60_000), Release(1, 1));
        Assert.Equal(Session(2), Assert.Single(scenario.When(State).Reply().Lock.Holders).SessionId);
        Assert.False(again.Answers(again));
    }
}
