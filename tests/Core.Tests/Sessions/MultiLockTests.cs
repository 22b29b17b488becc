using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Sessions.MultiLockScenario;

namespace AkkaHa.Core.Tests.Sessions;

public sealed class MultiLockTests
{
    [Fact]
    public void Locks_are_asked_one_after_the_other_by_the_bytes_of_their_names_and_granted_in_the_order_of_the_request()
    {
        var slot = Open();
        // In UTF-16 the pair of the last one would come before the one that is above it in Unicode.
        var begun = slot.When(Acquire("\uFF5E b a \U0001F512"));
        var then = begun;
        foreach (var (name, fence) in (ReadOnlySpan<(string, long)>)[("a", 3), ("b", 9), ("\uFF5E", 1), ("\U0001F512", 5)])
        {
            var asked = Assert.Single(then.Asked());
            Assert.Equal(EntityId.Lock(name), asked.To);
            then = slot.When(Grant(asked, fence));
        }
        var all = then.ReplyTo(begun).AcquireAllLocks;
        Assert.Equal([("\uFF5E", 1L), ("b", 9L), ("a", 3L), ("\U0001F512", 5L)], all.Locks.Select(l => (l.Name, l.Fence)));
        Assert.True(Assert.Single(then.Events).MultiLockEnded.Granted);
    }

    [Fact]
    public void Each_lock_is_asked_as_by_a_client_with_an_id_of_its_own_and_only_when_the_work_is_durable()
    {
        var slot = Open();
        slot.After(1000);
        var begun = slot.WhenHeldBack(Acquire("b a", wait: 5, holderId: "h", flow: "f"));
        Assert.Equal([Event.BodyOneofCase.MultiLockStarted], begun.Kinds);
        Assert.Empty(begun.Batch.Now);
        begun.Stored();
        var asked = Assert.Single(begun.Asked()).Command;
        var request = asked.AcquireLock;
        Assert.Equal(("a", Session(), "h", "f", "l", 5.0), (request.Name, request.SessionId, request.HolderId, request.FlowId, request.Label, request.WaitSeconds));
        Assert.Equal(asked.RequestId, request.RequestId);
        Assert.Equal(Scenario.StartMs + 1000, RequestIdTime.IssuedAtMs(asked.RequestId));
    }

    [Fact]
    public void The_time_left_goes_with_each_lock_and_one_that_does_not_answer_is_asked_again_as_the_next_attempt()
    {
        var slot = Open();
        var first = Assert.Single(slot.When(Acquire("a b", wait: 5)).Asked());
        slot.After(2000);
        var again = Assert.Single(slot.When().Asked());
        Assert.Equal((first.To, first.Command.RequestId, 3.0), (again.To, again.Command.RequestId, again.Command.AcquireLock.WaitSeconds));
        Assert.True(again.Command.Attempt > first.Command.Attempt);
        // What is said to the first call has no weight any more, unless it is a grant.
        Assert.Empty(slot.When(Refuse(first, ErrorCode.LockHeld)).Events);
        Assert.Equal(EntityId.Lock("b"), Assert.Single(slot.When(Grant(first)).Asked()).To);
    }

    [Fact]
    public void One_that_is_not_to_be_had_in_time_is_named_once_all_is_given_back_and_another_attempt_begins_again()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a b c", wait: 1));
        var b = Assert.Single(slot.When(Grant(begun.Asked()[0])).Asked());
        slot.After(1000);
        var undoing = slot.WhenHeldBack(Refuse(b, ErrorCode.LockHeld));
        Assert.Equal([Event.BodyOneofCase.MultiLockUndoing], undoing.Kinds);
        undoing.Stored();
        // The third was never asked.
        Assert.Equal(["a", "b"], undoing.Back().Select(s => s.To.Name));
        Assert.False(undoing.Answers(begun));
        Assert.False(slot.When(GivenBack(undoing.Back()[1])).Answers(begun));
        var refused = slot.When(GivenBack(undoing.Back()[0]));
        var failure = refused.ReplyTo(begun).Failure;
        Assert.Equal((ErrorCode.LockHeld, "b", "3"), (failure.Code, failure.Details.Fields["lock"].StringValue, failure.Details.Fields["waiters"].StringValue));

        Assert.Equal(failure, slot.When(Acquire("a b c", wait: 1)).Reply().Failure);
        var second = slot.When(Acquire("a b c", wait: 1, attempt: 2));
        Assert.NotEqual(begun.Asked()[0].Command.RequestId, Assert.Single(second.Asked()).Command.RequestId);
        Assert.NotNull(slot.GrantAll(second).ReplyTo(second).AcquireAllLocks);
    }

    [Fact]
    public void What_is_only_tried_is_refused_for_good()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a b", wait: 0));
        Assert.Equal(0, begun.Asked()[0].Command.AcquireLock.WaitSeconds);
        var refused = slot.GiveAllBack(slot.When(Refuse(begun.Asked()[0], ErrorCode.LockHeld)));
        Assert.Equal(ErrorCode.LockHeld, refused.ReplyTo(begun).Failure.Code);
        var repeat = slot.When(Acquire("a b", wait: 0, attempt: 2));
        Assert.Equal(ErrorCode.LockHeld, repeat.Code());
        Assert.Empty(repeat.Asked());
    }

    [Theory]
    [InlineData(ErrorCode.Deadlock)]
    [InlineData(ErrorCode.LimitExceeded)]
    [InlineData(ErrorCode.InvalidArgument)]
    public void What_a_lock_refuses_for_good_is_the_answer_for_good(ErrorCode code)
    {
        var slot = Open();
        var begun = slot.When(Acquire("a b"));
        var b = Assert.Single(slot.When(Grant(begun.Asked()[0])).Asked());
        var refused = slot.GiveAllBack(slot.When(Refuse(b, code)));
        Assert.Equal((code, "b"), (refused.ReplyTo(begun).Failure.Code, refused.ReplyTo(begun).Failure.Details.Fields["lock"].StringValue));
        Assert.Equal(code, slot.When(Acquire("a b", attempt: 2)).Code());
    }

    [Fact]
    public void A_lock_that_can_not_say_is_asked_again_and_one_that_says_nothing_at_all_makes_it_unavailable_with_nothing_held()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a", wait: 1));
        Assert.Empty(slot.When(Refuse(begun.Asked()[0], ErrorCode.Unavailable)).Events);
        Assert.Single(slot.WhenTimePasses(250).Asked());
        slot.WhenTimePasses(2749);
        var undoing = slot.WhenTimePasses(1);
        Assert.Equal([Event.BodyOneofCase.MultiLockUndoing], undoing.Kinds);
        // It is told to give back until it says that it has.
        Assert.Single(slot.WhenTimePasses(1000).Back());
        Assert.Equal(ErrorCode.Unavailable, slot.GiveAllBack(slot.WhenTimePasses(1000)).ReplyTo(begun).Failure.Code);
    }

    [Fact]
    public void A_repeat_gets_the_same_grants_and_another_payload_is_refused()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a b"));
        Assert.Equal(ErrorCode.InvalidArgument, slot.When(Acquire("a c", attempt: 2)).Code());
        var granted = slot.GrantAll(begun).ReplyTo(begun);
        Assert.Equal(granted, slot.When(Acquire("a b", attempt: 2)).Reply());
        Assert.Equal(ErrorCode.InvalidArgument, slot.When(Acquire("a c", attempt: 3)).Code());
    }

    [Fact]
    public void Of_two_calls_the_later_attempt_waits_on_and_for_its_own_time()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a", wait: 1));
        slot.After(900);
        var second = slot.When(Acquire("a", wait: 5, attempt: 2));
        Assert.Equal(ErrorCode.OutcomeUnknown, second.ReplyTo(begun).Failure.Code);
        Assert.Equal(5, Assert.Single(second.Asked()).Command.AcquireLock.WaitSeconds);
        Assert.Equal(ErrorCode.OutcomeUnknown, slot.When(Acquire("a", wait: 1)).Code());
        Assert.NotNull(slot.GrantAll(second).ReplyTo(second).AcquireAllLocks);
    }

    [Fact]
    public void A_holder_has_one_acquireAll_under_way()
    {
        var slot = Open();
        var begun = slot.When(Acquire("a", holderId: "h"));
        Assert.Equal(ErrorCode.InvalidArgument, slot.When(Acquire("a b", request: 2, holderId: "h")).Code());
        slot.GrantAll(begun);
        Assert.Single(slot.When(Acquire("a b", request: 3, holderId: "h")).Asked());
    }

    [Fact]
    public void A_session_has_a_limit_of_them_under_way()
    {
        var slot = Open();
        for (var i = 0; i < Limits.AcquireAllsPerSession; i++)
        {
            var acquire = Acquire("a");
            acquire.RequestId = $"r{i}";
            Assert.Single(slot.When(acquire).Asked());
        }
        Assert.Equal(ErrorCode.LimitExceeded, slot.When(Acquire("a", request: 2)).Code());
    }

    [Fact]
    public void Without_a_session_nothing_is_begun_and_its_end_ends_what_is_under_way()
    {
        var slot = Open();
        Assert.Equal(ErrorCode.SessionExpired, slot.When(Acquire("a", session: 9)).Code());
        var begun = slot.When(Acquire("a b", request: 2));
        var cancel = slot.When(Cancel(request: 2));
        var closed = slot.When(Close);
        Assert.Equal(ErrorCode.SessionExpired, closed.ReplyTo(begun).Failure.Code);
        // Its locks have not let go yet.
        Assert.Equal(ErrorCode.SessionExpired, closed.ReplyTo(cancel).Failure.Code);
        Assert.Equal(ErrorCode.SessionExpired, slot.When(Cancel(request: 2)).Code());
        // Late, and of nobody.
        Assert.Empty(slot.When(Grant(begun.Asked()[0])).Sent);
        Assert.Equal(ErrorCode.SessionExpired, slot.When(Acquire("a b", request: 2, attempt: 2)).Code());
    }
}
