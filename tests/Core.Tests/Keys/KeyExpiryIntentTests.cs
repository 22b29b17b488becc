using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Keys;

/// <summary>The end of a key and transactions on it: an end is a write like any other.</summary>
public sealed class KeyExpiryIntentTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Envelope AtRevision3(Event third) => Scenario.Row(1, Make.Written(1, "a"), Make.Written(2, "b"), third);

    private static Scenario Until1000(string session = "") => Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", session, expiresAtMs: 1000))]);

    private static PreparedBranch Branch(Scenario key, params Operation[] operations) =>
        key.When(Make.Prepare("t", then: operations)).Events.Single(e => e.Prepared is not null).Prepared.Then;

    [Fact]
    public void A_time_to_live_counts_from_the_row_that_applies_the_put()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: [Make.PutOpFor("1", ttlSeconds: 2), Make.AddOp(4)]));
        key.After(1500).WhenApplied(Make.Commit("t", 1, 1));
        key.After(1999).When(Make.Expire());
        Assert.Equal("5", key.RestartFromSnapshot(epoch: 2).When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
        Assert.Equal("5", key.Restart(epoch: 3).When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
        Assert.True(key.After(1).When(Make.Expire()).Events.Last().KeyWritten.Expired);
    }

    [Fact]
    public void A_write_of_an_earlier_version_has_its_end_already()
    {
        var write = new KeyWritten { Present = true, Revision = 1, ExpiresAtMs = Scenario.StartMs + 2000 };
        Assert.Same(write, Core.Keys.LandedWrite.Of(write, Scenario.StartMs + 1500));
    }

    [Fact]
    public void A_put_of_a_transaction_says_how_long_it_stays_and_when_that_would_end_from_now()
    {
        var write = Branch(Scenario.Fresh(Key).After(300), Make.PutOpFor("w", "4-s", 2)).Write;
        Assert.Equal((Scenario.StartMs + 2300, 2000, "4-s"), (write.ExpiresAtMs, write.TtlMs, write.SessionId));
    }

    [Fact]
    public void Add_and_append_keep_what_the_key_has_and_a_put_does_not()
    {
        var kept = Branch(Until1000("4-s"), Make.AppendOp("w")).Write;
        Assert.Equal((Scenario.StartMs + 1000, "4-s", "vw"), (kept.ExpiresAtMs, kept.SessionId, kept.Value.ToStringUtf8()));
        var counted = Branch(Scenario.Fresh(Key), Make.PutOpFor("1", ttlSeconds: 1), Make.AddOp(4)).Write;
        Assert.Equal((Scenario.StartMs + 1000, "5"), (counted.ExpiresAtMs, counted.Value.ToStringUtf8()));
        var put = Branch(Until1000("4-s"), Make.PutOp("w")).Write;
        Assert.Equal((0, ""), (put.ExpiresAtMs, put.SessionId));
        var again = Branch(Until1000("4-s"), Make.DeleteOp(), Make.AppendOp("w")).Write;
        Assert.Equal((0, "", "w"), (again.ExpiresAtMs, again.SessionId, again.Value.ToStringUtf8()));
    }

    [Fact]
    public void A_prepare_on_a_key_that_is_due_ends_it_first_in_the_same_row()
    {
        var prepared = Until1000().After(1000).When(Make.Prepare("t", conditions: [new Condition { Key = "k", Absent = true }], then: [Make.GetOp(), Make.AppendOp("w")]));
        Assert.Equal([Event.BodyOneofCase.KeyWritten, Event.BodyOneofCase.Prepared], prepared.Kinds);
        Assert.Single(prepared.Batch.Rows);
        Assert.True(prepared.Events[1].Prepared.Conditions[0].Held);
        Assert.Equal((5, "w"), (prepared.Events[1].Prepared.Then.Write.Revision, prepared.Events[1].Prepared.Then.Write.Value.ToStringUtf8()));
        Assert.Equal(2, prepared.Votes()[0].PreparedSequenceNr);
    }

    [Fact]
    public void An_end_waits_for_the_intents_and_what_reads_waits_for_the_end()
    {
        var key = Until1000();
        key.When(Make.Prepare("t", conditions: [new Condition { Key = "k", Revision = 3 }]));
        var waiting = key.After(1000).When(Make.Expire(), Make.Get());
        Assert.Empty(waiting.Batch.Rows);
        Assert.False(waiting.Answers(waiting, 1));
        var freed = key.When(Make.Commit("t", 1, 2));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.KeyWritten], freed.Kinds);
        Assert.True(freed.Events[1].KeyWritten.Expired);
        Assert.Equal(ErrorCode.NotFound, freed.ReplyTo(waiting, 1).Failure.Code);
    }

    [Fact]
    public void An_end_that_waits_takes_no_new_intent()
    {
        var key = Until1000();
        key.When(Make.Prepare("t", timestampMs: 5, conditions: [new Condition { Key = "k", Revision = 3 }]));
        var younger = key.After(1000).WhenTooYoung(Make.Prepare("u", timestampMs: 6, conditions: [new Condition { Key = "k", Revision = 3 }]));
        Assert.Equal(Vote.Types.Kind.Die, Assert.Single(younger.Votes()).Kind);
        var older = key.When(Make.Prepare("s", timestampMs: 4, conditions: [new Condition { Key = "k", Absent = true }]));
        Assert.Empty(older.Sent);
        var freed = key.When(Make.Abort("t"));
        Assert.Equal([Event.BodyOneofCase.Discarded, Event.BodyOneofCase.KeyWritten, Event.BodyOneofCase.Prepared], freed.Kinds);
        Assert.True(freed.Votes()[0].Conditions[0].Held);
    }

    [Fact]
    public void A_write_that_a_transaction_has_prepared_takes_the_time_to_live_with_it()
    {
        var key = Until1000();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        var freed = key.After(1000).When(Make.Expire(), Make.Commit("t", 1, 2), Make.Get());
        Assert.Equal([Event.BodyOneofCase.Applied], freed.Kinds);
        Assert.Equal("w", freed.Reply(2).KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void What_is_applied_when_its_time_is_over_already_ends_in_the_same_row()
    {
        var key = Until1000();
        key.When(Make.Prepare("t", then: Make.AppendOp("w")));
        var applied = key.After(5000).When(Make.Commit("t", 1, 2));
        Assert.Equal([Event.BodyOneofCase.Applied, Event.BodyOneofCase.KeyWritten], applied.Kinds);
        Assert.Equal(ErrorCode.NotFound, key.When(Make.Get()).Code());
    }

    [Fact]
    public void The_end_of_a_session_waits_for_the_intents_once_however_often_it_comes()
    {
        var key = Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", "4-s"))]);
        key.When(Make.Prepare("t", conditions: [new Condition { Key = "k", Revision = 3 }]));
        Assert.Empty(key.When(Make.Expire("4-s"), Make.Expire("4-s")).Batch.Rows);
        var freed = key.When(Make.Abort("t"));
        Assert.Equal([Event.BodyOneofCase.Discarded, Event.BodyOneofCase.KeyWritten], freed.Kinds);
    }

    [Fact]
    public void A_key_that_a_commit_binds_again_outlives_the_end_of_the_earlier_session()
    {
        var key = Scenario.Given(Key, [AtRevision3(Make.WrittenFor(3, "v", "4-s"))]);
        key.When(Make.Prepare("t", then: Make.PutOpFor("w", "4-t")));
        key.When(Make.Expire("4-s"));
        Assert.Equal([Event.BodyOneofCase.Applied], key.When(Make.Commit("t", 1, 2)).Kinds);
        Assert.Equal("w", key.When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
        Assert.True(key.When(Make.Expire("4-t")).Events[0].KeyWritten.Expired);
    }

    [Fact]
    public void Applied_says_what_it_writes_and_rows_of_before_are_still_folded()
    {
        var key = Scenario.Fresh(Key);
        var prepared = key.When(Make.Prepare("t", then: Make.PutOpFor("w", "4-s", 2)));
        var applied = key.WhenApplied(Make.Commit("t", 1, 1)).Events[0].Applied;
        Assert.Equal(prepared.Events[0].Prepared.Then.Write, applied.Write);
        key.Journal[1].Events[0].Applied.Write = null;
        Assert.Equal("w", key.Restart().When(Make.Get()).Reply().KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public void The_other_branch_writes_what_it_says_or_nothing()
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        var applied = key.WhenApplied(Make.Commit("t", 1, 1, then: false)).Events[0].Applied;
        Assert.Null(applied.Write);
        Assert.True(applied.WritesNothing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void History_that_applies_something_else_than_was_prepared_is_refused(bool then)
    {
        var key = Scenario.Fresh(Key);
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        key.WhenApplied(Make.Commit("t", 1, 1, then));
        key.Journal[1].Events[0].Applied.Write = new KeyWritten { Present = true, Value = Google.Protobuf.ByteString.CopyFromUtf8("x"), Revision = 1 };
        Assert.Throws<InvalidHistoryException>(() => key.Restart());
    }
}
