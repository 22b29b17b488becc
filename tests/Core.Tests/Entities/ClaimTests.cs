using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Entities;

public sealed class ClaimTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Envelope Put(long epoch, long revision = 1) => Scenario.Row(epoch, Make.Written(revision, "v"));

    [Fact]
    public void The_first_answer_under_a_new_epoch_waits_for_a_claim()
    {
        var read = Scenario.Given(Key, [Put(1)], epoch: 2).WhenHeldBack(Make.Get());
        Assert.Equal([Event.BodyOneofCase.Claimed], read.Kinds);
        Assert.Equal((2, 2), (read.Batch.FirstSequenceNr, read.Batch.Rows[0].Epoch));
        Assert.Empty(read.Batch.Now);
        Assert.Equal("v", read.Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void A_write_is_a_claim_itself() =>
        Assert.Equal([Event.BodyOneofCase.KeyWritten], Scenario.Given(Key, [Put(1)], epoch: 2).When(Make.Put("w")).Kinds);

    [Fact]
    public void After_the_claim_reads_write_nothing()
    {
        var key = Scenario.Given(Key, [Put(1)], epoch: 2);
        key.When(Make.Get());
        Assert.Empty(key.When(Make.Get()).Batch.Rows);
    }

    [Fact]
    public void No_claim_is_needed_when_the_last_row_is_of_this_epoch() => Assert.Empty(Scenario.Given(Key, [Put(2)], epoch: 2).When(Make.Get()).Batch.Rows);

    [Fact]
    public void After_a_write_that_was_in_flight_the_claim_is_written_again() =>
        Assert.Equal([Event.BodyOneofCase.Claimed], Scenario.Given(Key, [Put(2)], epoch: 2, dirty: true).When(Make.Get()).Kinds);

    [Fact]
    public void A_timer_claims_too_before_anything_leaves()
    {
        var slot = Scenario.Given(EntityId.TransactionSlot(3),
            [Scenario.Row(1, new Event { TransactionStarted = new TransactionStarted { TransactionId = "t", Attempt = 1, Participants = { "kv/a" } } })]);
        var tick = slot.WhenHeldBack();
        Assert.Equal([Event.BodyOneofCase.Claimed], tick.Kinds);
        Assert.Empty(tick.Batch.Now);
        Assert.Single(tick.Sent, s => s.Command.AskStatus is not null);
    }

    [Fact]
    public void An_absent_key_answers_the_read_that_woke_it_and_stops()
    {
        var read = Scenario.Fresh(Key).When(Make.Get());
        Assert.Empty(read.Batch.Rows);
        Assert.True(read.Batch.StopAfterwards);
        Assert.Equal(ErrorCode.NotFound, read.Code());
    }

    /// <summary>A read that began later may have to tell of a row that recovery did not see: one of an earlier owner that became visible since.</summary>
    [Fact]
    public void Any_other_read_of_an_absent_key_waits_for_the_claim()
    {
        Assert.Equal([Event.BodyOneofCase.Claimed], Scenario.Fresh(Key).When(Make.Get(), Make.Get()).Kinds);
        var key = Scenario.Fresh(Key);
        Assert.Empty(key.When(Make.Get()).Batch.Rows);
        var second = key.When(Make.Get());
        Assert.Equal([Event.BodyOneofCase.Claimed], second.Kinds);
        Assert.Empty(second.Batch.Now);
        Assert.False(second.Batch.StopAfterwards);
    }

    [Fact]
    public void An_absent_key_that_is_asked_for_more_than_reads_claims()
    {
        var both = Scenario.Fresh(Key).When(Make.Get(), Make.Delete());
        Assert.Equal([Event.BodyOneofCase.Claimed], both.Kinds);
        Assert.False(both.Batch.StopAfterwards);
    }

    [Fact]
    public void A_key_that_was_deleted_claims() =>
        Assert.Equal([Event.BodyOneofCase.Claimed], Scenario.Given(Key, [Put(1), Scenario.Row(1, Make.Written(2, null))]).When(Make.Get()).Kinds);

    [Fact]
    public void A_later_owner_was_here_so_this_grant_is_over() => Assert.Equal(Recovered.Superseded, Scenario.Given(Key, [Put(3)], epoch: 2).Recovered);

    [Fact]
    public void A_later_owner_is_seen_in_a_snapshot_too()
    {
        var key = Scenario.Given(Key, [Put(3)], epoch: 4);
        key.When(Make.Get());
        key.RestartFromSnapshot(epoch: 3);
        Assert.Equal(Recovered.Superseded, key.Recovered);
    }
}
