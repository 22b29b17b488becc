using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Entities;

public sealed class OutcomeTests
{
    private static readonly EntityId Key = EntityId.Key("k");
    private static readonly string Id = Make.RequestId();

    [Fact]
    public void A_repeat_gets_the_first_answer_and_does_nothing()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a", requestId: Id));
        key.When(Make.Put("b"));
        var repeat = key.When(Make.Put("a", requestId: Id, attempt: 2));
        Assert.Empty(repeat.Batch.Rows);
        Assert.Equal(1, repeat.Reply().PutKey.Revision);
    }

    [Fact]
    public void A_repeat_in_the_same_batch_is_done_once()
    {
        var both = Scenario.Fresh(Key).When(Make.Put("a", requestId: Id), Make.Put("a", requestId: Id, attempt: 2));
        Assert.Single(both.Batch.Rows);
        Assert.Equal((1, 1), (both.Reply(0).PutKey.Revision, both.Reply(1).PutKey.Revision));
    }

    [Fact]
    public void Another_payload_with_the_same_id_is_an_error_and_not_done()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a", requestId: Id));
        var other = key.When(Make.Put("b", requestId: Id, attempt: 2));
        Assert.Equal(ErrorCode.InvalidArgument, other.Code());
        Assert.Empty(other.Batch.Rows);
    }

    [Fact]
    public void Attempt_and_waiting_time_are_not_part_of_the_payload()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a", requestId: Id, timeoutMs: 10));
        Assert.NotNull(key.When(Make.Put("a", requestId: Id, attempt: 9, timeoutMs: 20)).Reply().PutKey);
    }

    [Fact]
    public void Outcomes_survive_a_restart_and_a_snapshot()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a", requestId: Id));
        Assert.Equal(1, key.Restart(epoch: 2).When(Make.Put("a", requestId: Id, attempt: 2)).Reply().PutKey.Revision);
        Assert.Equal(1, key.RestartFromSnapshot(epoch: 3).When(Make.Put("a", requestId: Id, attempt: 3)).Reply().PutKey.Revision);
        Assert.Equal(1, key.When(Make.Get()).Reply().KeyValue.Revision);
    }

    [Fact]
    public void A_refusal_of_the_first_attempt_is_not_stored()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("x"));
        Assert.Empty(key.When(Make.Put("a", ifRevision: 7, requestId: Id)).Batch.Rows);
    }

    [Fact]
    public void A_refusal_of_a_later_attempt_is_stored_so_that_the_first_can_not_act_after_it()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("x"));
        var refused = key.When(Make.Put("a", ifRevision: 2, requestId: Id, attempt: 2));
        Assert.Equal(ErrorCode.RevisionMismatch, refused.Code());
        Assert.Single(refused.Batch.Rows);
        Assert.Empty(refused.Events);
        // Now the condition would hold, and the delayed first attempt comes.
        key.When(Make.Put("y"));
        Assert.Equal(ErrorCode.RevisionMismatch, key.Restart(epoch: 2).When(Make.Put("a", ifRevision: 2, requestId: Id)).Code());
    }

    [Fact]
    public void Nothing_to_do_for_a_later_attempt_is_stored_too()
    {
        var key = Scenario.Fresh(Key);
        Assert.False(key.When(Make.Delete(requestId: Id, attempt: 2)).Reply().DeleteKey.Deleted);
        key.When(Make.Put("x"));
        Assert.False(key.When(Make.Delete(requestId: Id)).Reply().DeleteKey.Deleted);
        Assert.Equal(1, key.When(Make.Get()).Reply().KeyValue.Revision);
    }

    [Fact]
    public void An_id_from_below_the_floor_that_is_not_known_is_not_executed()
    {
        var key = Scenario.Fresh(Key);
        key.After(60_001).When(Make.Put("x"));
        var old = key.When(Make.Put("a", requestId: Make.RequestId(0)));
        Assert.Equal(ErrorCode.OutcomeUnknown, old.Code());
        Assert.Empty(old.Batch.Rows);
        Assert.NotNull(key.When(Make.Put("a", requestId: Make.RequestId(1))).Reply().PutKey);
    }

    [Fact]
    public void The_floor_survives_a_restart_with_a_slower_clock()
    {
        var key = Scenario.Fresh(Key);
        key.After(70_000).When(Make.Put("x"));
        Assert.Equal(ErrorCode.OutcomeUnknown, key.After(-30_000).RestartFromSnapshot(epoch: 2).When(Make.Put("a", requestId: Make.RequestId(9_999))).Code());
    }

    [Fact]
    public void An_outcome_is_known_until_its_id_is_below_the_floor()
    {
        var key = Scenario.Fresh(Key);
        var late = Make.RequestId(30_000);
        key.When(Make.Put("a", requestId: Id), Make.Put("b", requestId: late));
        key.After(61_000).When(Make.Put("x"));
        Assert.Equal(ErrorCode.OutcomeUnknown, key.When(Make.Put("a", requestId: Id, attempt: 2)).Code());
        Assert.Equal(2, key.When(Make.Put("b", requestId: late, attempt: 2)).Reply().PutKey.Revision);
    }

    [Fact]
    public void An_id_from_far_ahead_is_refused_for_good()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("x"));
        var ahead = Make.RequestId(60_001);
        Assert.Equal(ErrorCode.InvalidArgument, key.When(Make.Put("a", requestId: ahead, attempt: 2)).Code());
        Assert.Equal(ErrorCode.InvalidArgument, key.After(10_000).When(Make.Put("a", requestId: ahead)).Code());
        Assert.NotNull(key.When(Make.Put("a", requestId: Make.RequestId(70_000))).Reply().PutKey);
    }

    [Fact]
    public void Ids_of_another_form_are_remembered_by_their_arrival()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a", requestId: "mine"));
        Assert.Equal(1, key.After(59_000).When(Make.Put("a", requestId: "mine", attempt: 2)).Reply().PutKey.Revision);
    }

    [Fact]
    public void Without_an_id_everything_is_done_again()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Put("a"));
        Assert.Equal(2, key.When(Make.Put("a")).Reply().PutKey.Revision);
    }
}
