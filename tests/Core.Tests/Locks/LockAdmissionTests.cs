using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

public sealed class LockAdmissionTests
{
    [Fact]
    public void The_session_is_asked_before_the_grant()
    {
        var scenario = Scenario.Fresh(Id);
        var asked = scenario.When(Acquire(1, 1));
        Assert.Equal(EntityId.SessionSlot(4), Assert.Single(asked.Sent, s => s.Command.AskLiveness is not null).To);
        Assert.DoesNotContain(Event.BodyOneofCase.LockGranted, asked.Kinds);
        var granted = scenario.When(Alive(1));
        Assert.Equal([Event.BodyOneofCase.LockGranted], granted.Kinds);
        Assert.Equal(1, granted.ReplyTo(asked).LockGrant.Fence);
    }

    [Fact]
    public void A_session_that_is_gone_gets_nothing()
    {
        var scenario = Scenario.Fresh(Id);
        var asked = scenario.When(Acquire(1, 1));
        Assert.Equal(ErrorCode.SessionExpired, scenario.When(Alive(1, remainingMs: 0)).ReplyTo(asked).Failure.Code);
    }

    [Fact]
    public void When_the_session_does_not_say_the_acquire_was_not_done()
    {
        var scenario = Scenario.Fresh(Id);
        var asked = scenario.When(Acquire(1, 1));
        Assert.Equal(ErrorCode.Unavailable, scenario.WhenTimePasses(5000).ReplyTo(asked).Failure.Code);
        Assert.DoesNotContain(Event.BodyOneofCase.LockGranted, scenario.When(Alive(1)).Kinds);
    }

    [Fact]
    public void A_repeat_takes_the_place_of_the_earlier_attempt_which_is_told_so()
    {
        var scenario = Scenario.Fresh(Id);
        var first = scenario.When(Acquire(1, 1));
        var second = scenario.When(Acquire(1, 1, attempt: 2));
        Assert.Equal(ErrorCode.OutcomeUnknown, second.ReplyTo(first).Failure.Code);
        var granted = scenario.When(Alive(1));
        Assert.False(granted.Answers(first));
        Assert.Equal(1, granted.ReplyTo(second).LockGrant.Fence);
    }

    [Fact]
    public void A_late_first_attempt_does_not_take_the_place_of_the_second()
    {
        var scenario = Scenario.Fresh(Id);
        var second = scenario.When(Acquire(1, 1, attempt: 2));
        var first = scenario.When(Acquire(1, 1));
        Assert.Equal(ErrorCode.OutcomeUnknown, first.Code());
        Assert.Equal(1, scenario.When(Alive(1)).ReplyTo(second).LockGrant.Fence);
    }

    [Fact]
    public void A_late_first_attempt_does_not_take_the_open_call_of_the_second()
    {
        var scenario = Held();
        scenario.Ask(2, 2, wait: 30);
        var second = scenario.When(Acquire(2, 2, wait: 30, attempt: 2));
        Assert.Equal(ErrorCode.OutcomeUnknown, scenario.When(Acquire(2, 2, wait: 30)).Code());
        Assert.Equal(2, scenario.When(Release(1, 1)).ReplyTo(second).LockGrant.Fence);
    }

    [Fact]
    public void What_the_session_said_holds_for_as_long_as_it_said()
    {
        var scenario = Held();
        scenario.When(Release(1, 1));
        // Nothing of the session was left, so it is asked anew.
        var again = scenario.When(Acquire(1, 2));
        Assert.False(again.Answers(again));
        scenario.When(Alive(1, remainingMs: 3000));
        // Counted from before the question, and over when it is over.
        var waiting = scenario.After(3000).When(Acquire(1, 3, wait: 5));
        Assert.False(waiting.Answers(waiting));
        Assert.Empty(scenario.When(State).Reply().Lock.Waiters);
    }
}
