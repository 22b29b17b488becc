using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Keys;

public sealed class KeyWaitingTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    [Fact]
    public void A_read_waits_for_a_transaction_that_may_write()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("new")));
        var read = key.When(Make.Get());
        Assert.Empty(read.Batch.Afterwards);
        Assert.Equal("new", key.When(Make.Commit("t", 1, 1)).ReplyTo(read).KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void A_read_does_not_wait_for_a_transaction_that_only_reads()
    {
        var key = Scenario.Given(Key, [Scenario.Row(1, Make.Written(1, "v"))]);
        key.When(Make.Prepare("t", then: Make.GetOp()));
        Assert.Equal("v", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void A_write_waits_for_a_transaction_that_only_reads()
    {
        var key = Scenario.Given(Key, [Scenario.Row(1, Make.Written(1, "v"))]);
        key.When(Make.Prepare("t", then: Make.GetOp()));
        var write = key.When(Make.Put("w"));
        Assert.False(write.Answers(write));
        Assert.Equal(2, key.When(Make.Abort("t")).ReplyTo(write).PutKey.Revision);
    }

    [Fact]
    public void A_request_that_is_repeated_while_it_waits_is_done_once()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("a")));
        var first = key.When(Make.Put("b", requestId: Make.RequestId(), attempt: 1));
        var second = key.When(Make.Put("b", requestId: Make.RequestId(), attempt: 2));
        Assert.Equal(ErrorCode.OutcomeUnknown, second.ReplyTo(first).Failure.Code);
        var freed = key.When(Make.Abort("t"));
        Assert.Equal(1, freed.ReplyTo(second).PutKey.Revision);
        Assert.Equal(1, key.When(Make.Get()).Reply().KeyValue.Revision);
    }

    [Fact]
    public void A_late_first_attempt_does_not_take_the_place_of_the_second()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("a")));
        var second = key.When(Make.Put("b", ifRevision: 0, requestId: Make.RequestId(), attempt: 2));
        var first = key.When(Make.Put("b", ifRevision: 0, requestId: Make.RequestId(), attempt: 1));
        Assert.Equal(ErrorCode.OutcomeUnknown, first.Code());
        Assert.Equal(1, key.When(Make.Abort("t")).ReplyTo(second).PutKey.Revision);
    }

    [Fact]
    public void A_waiting_request_id_with_another_payload_is_an_error()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("a")));
        key.When(Make.Put("b", requestId: Make.RequestId()));
        Assert.Equal(ErrorCode.InvalidArgument, key.When(Make.Put("c", requestId: Make.RequestId(), attempt: 2)).Code());
    }

    [Fact]
    public void Who_has_waited_for_as_long_as_its_caller_waits_is_refused_and_not_done_later()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("a")));
        var write = key.When(Make.Put("b", timeoutMs: 700));
        Assert.Equal(Scenario.StartMs + 700 - Scenario.StartMs, key.Entity.WakeAtMs - 1000);
        Assert.Equal(ErrorCode.Unavailable, key.WhenTimePasses(700).ReplyTo(write).Failure.Code);
        Assert.Equal(1, key.When(Make.Commit("t", 1, 1), Make.Get()).Reply(1).KeyValue.Revision);
    }

    [Fact]
    public void Waiting_requests_go_in_the_order_of_their_coming()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("a")));
        var waiting = key.When(Make.Put("b"), Make.Get(), Make.Put("c"));
        var freed = key.When(Make.Commit("t", 1, 1));
        Assert.Equal((2, "b", 3), (freed.ReplyTo(waiting, 0).PutKey.Revision, freed.ReplyTo(waiting, 1).KeyValue.Value.ToStringUtf8(), freed.ReplyTo(waiting, 2).PutKey.Revision));
    }

    [Fact]
    public void The_waiting_have_a_limit_and_its_refusal_stands_for_earlier_attempts()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("a")));
        key.When([.. Enumerable.Range(0, Limits.WaitingPerEntity).Select(_ => Make.Get())]);
        Assert.Equal(ErrorCode.LimitExceeded, key.When(Make.Put("b", requestId: Make.RequestId(), attempt: 2)).Code());
        key.When(Make.Abort("t"));
        Assert.Equal(ErrorCode.LimitExceeded, key.When(Make.Put("b", requestId: Make.RequestId())).Code());
    }
}
