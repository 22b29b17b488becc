using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using Xunit;

namespace AkkaHa.Core.Tests.Entities;

public sealed class RecoveryTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Entity Fresh(RuleSwitches? rules = null) => new(Key, Machines.For(Key, rules), 5, dirty: false, rules);

    [Fact]
    public void A_missing_row_in_the_middle_is_an_error()
    {
        var entity = Fresh();
        entity.RecoverRow(1, Scenario.Row(1, Make.Written(1, "a")));
        Assert.Throws<InvalidHistoryException>(() => entity.RecoverRow(3, Scenario.Row(1, Make.Written(2, "b"))));
    }

    [Fact]
    public void A_missing_row_at_the_beginning_is_an_error() => Assert.Throws<InvalidHistoryException>(() => Fresh().RecoverRow(2, Scenario.Row(1, Make.Written(1, "a"))));

    [Fact]
    public void A_missing_row_at_the_end_is_an_error()
    {
        var entity = Fresh();
        entity.RecoverRow(1, Scenario.Row(1, Make.Written(1, "a")));
        Assert.Throws<InvalidHistoryException>(() => entity.FinishRecovery(2));
    }

    [Fact]
    public void A_missing_row_after_the_snapshot_is_an_error()
    {
        var before = Scenario.Given(Key, [Scenario.Row(1, Make.Written(1, "a"))]);
        before.When(Make.Get());
        var entity = Fresh();
        entity.RecoverSnapshot(2, before.Entity.TakeSnapshot());
        Assert.Throws<InvalidHistoryException>(() => entity.RecoverRow(4, Scenario.Row(2, Make.Written(2, "b"))));
    }

    [Fact]
    public void An_epoch_that_falls_is_an_error()
    {
        var entity = Fresh();
        entity.RecoverRow(1, Scenario.Row(2, Make.Written(1, "a")));
        Assert.Throws<InvalidHistoryException>(() => entity.RecoverRow(2, Scenario.Row(1, Make.Written(2, "b"))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Another_schema_is_refused(uint schema)
    {
        var row = Scenario.Row(1, Make.Written(1, "a"));
        row.Schema = schema;
        Assert.Throws<InvalidHistoryException>(() => Fresh().RecoverRow(1, row));
        Assert.Throws<InvalidHistoryException>(() => Fresh().RecoverSnapshot(1, new Snapshot { Schema = schema, Key = new KeySnapshot { Value = new KeyWritten() } }));
    }

    [Fact]
    public void An_event_that_this_version_does_not_know_is_refused() => Assert.Throws<InvalidHistoryException>(() => Fresh().RecoverRow(1, Scenario.Row(1, new Event())));

    [Fact]
    public void An_event_of_another_kind_is_refused() =>
        Assert.Throws<InvalidHistoryException>(() => Fresh().RecoverRow(1, Scenario.Row(1, new Event { LockReleased = new LockReleased { Fence = 1 } })));

    [Fact]
    public void A_revision_out_of_order_is_refused() => Assert.Throws<InvalidHistoryException>(() => Fresh().RecoverRow(1, Scenario.Row(1, Make.Written(2, "a"))));

    [Theory]
    [InlineData("kv")]
    [InlineData("lock")]
    public void The_snapshot_of_another_kind_is_refused(string kind)
    {
        var id = new EntityId(kind, "x");
        Assert.Throws<InvalidHistoryException>(() => new Entity(id, Machines.For(id), 1, false).RecoverSnapshot(1, new Snapshot { Schema = 1, Sessions = new SessionSlotSnapshot() }));
    }

    [Fact]
    public void Nothing_is_decided_while_a_batch_is_in_flight()
    {
        var key = Scenario.Fresh(Key);
        key.WhenHeldBack(Make.Put("a"));
        Assert.Throws<InvalidOperationException>(() => key.When(Make.Get()));
        Assert.Throws<InvalidOperationException>(() => key.Entity.TakeSnapshot());
        Assert.False(key.Entity.IsIdle);
    }

    [Fact]
    public void A_batch_is_one_write_with_a_row_for_each_request_that_did_something()
    {
        var batch = Scenario.Fresh(Key).When(
            Make.Put("a", requestId: Make.RequestId(number: 1)), Make.Get(), Make.Put("b", ifRevision: 7, requestId: Make.RequestId(number: 2)), Make.Put("c", requestId: Make.RequestId(number: 3)));
        Assert.Equal(2, batch.Batch.Rows.Count);
        Assert.Equal((1, "a", 2), (batch.Batch.FirstSequenceNr, batch.Reply(1).KeyValue.Value.ToStringUtf8(), batch.Reply(3).PutKey.Revision));
        Assert.Empty(batch.Batch.Now);
    }

    [Fact]
    public void What_other_entities_ask_for_goes_with_the_row_before_it_in_the_batch_and_is_named_by_that()
    {
        var key = Scenario.Fresh(Key);
        var batch = key.When(Make.Put("a", requestId: Make.RequestId(number: 1)), Make.Prepare("t", then: Make.PutOp("b")));
        Assert.Equal([Event.BodyOneofCase.KeyWritten, Event.BodyOneofCase.Prepared], Assert.Single(batch.Batch.Rows).Events.Select(e => e.BodyCase));
        Assert.Equal(1, Assert.Single(batch.Votes()).PreparedSequenceNr);
        var read = key.Restart().When(Make.Get());
        Assert.Equal(2, key.When(Make.Commit("t", 1, 1)).ReplyTo(read).KeyValue.Revision);
    }

    [Fact]
    public void A_row_that_is_large_takes_nothing_else_in()
    {
        var large = new string('x', Entity.RowBytesShared);
        Assert.Equal(2, Scenario.Fresh(Key).When(Make.Put(large), Make.Prepare("t", then: Make.PutOp("b"))).Batch.Rows.Count);
    }

    [Fact]
    public void The_time_of_rows_never_goes_back()
    {
        var key = Scenario.Fresh(Key);
        key.After(5000).When(Make.Put("a"));
        Assert.Equal(Scenario.StartMs + 5000, key.After(-3000).When(Make.Put("b")).Batch.Rows[0].TimeMs);
    }
}
