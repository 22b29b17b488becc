using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

public sealed class ParticipantTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Scenario WithValue() => Scenario.Given(Key, [Scenario.Row(2, Make.Written(1, "v"))]);

    private static string? Value(Scenario key) => key.When(Make.Get()).Reply().KeyValue?.Value.ToStringUtf8();

    [Fact]
    public void A_free_key_prepares_and_votes_when_that_is_durable()
    {
        var prepared = WithValue().WhenHeldBack(Make.Prepare("t", conditions: [new Condition { Key = "k", Revision = 1 }], then: Make.PutOp("w")));
        Assert.Equal([Event.BodyOneofCase.Prepared], prepared.Kinds);
        Assert.Empty(prepared.Batch.Now);
        var vote = Assert.Single(prepared.Votes());
        Assert.Equal((Vote.Types.Kind.Yes, 1u, 2L, true), (vote.Kind, vote.Attempt, vote.PreparedSequenceNr, vote.Conditions[0].Held));
        Assert.Equal(prepared.Events[0].Prepared.PayloadHash, vote.PayloadHash);
    }

    [Theory]
    [InlineData(1, null, false, true)]
    [InlineData(2, null, false, false)]
    [InlineData(0, null, false, false)]
    [InlineData(null, "v", false, true)]
    [InlineData(null, "w", false, false)]
    [InlineData(null, null, true, false)]
    public void A_false_condition_votes_yes_and_says_so(int? revision, string? value, bool absent, bool held)
    {
        var condition = new Condition { Key = "k", Absent = absent };
        if (revision is { } wanted) condition.Revision = wanted;
        if (value is not null) condition.Value = Google.Protobuf.ByteString.CopyFromUtf8(value);
        var vote = Assert.Single(WithValue().When(Make.Prepare("t", conditions: [condition])).Votes());
        Assert.Equal((Vote.Types.Kind.Yes, held), (vote.Kind, vote.Conditions[0].Held));
    }

    [Fact]
    public void The_same_prepare_again_gets_the_same_vote()
    {
        var key = WithValue();
        var first = key.When(Make.Prepare("t", then: Make.PutOp("w"))).Votes()[0];
        var again = key.When(Make.Prepare("t", then: Make.PutOp("w")));
        Assert.Empty(again.Batch.Rows);
        Assert.Equal(first, Assert.Single(again.Votes()));
    }

    [Fact]
    public void The_same_id_with_another_payload_is_no()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        var other = Make.Prepare("t", payload: "other", then: Make.PutOp("x"));
        var no = Assert.Single(key.When(other).Votes());
        Assert.Equal((Vote.Types.Kind.Mismatch, other.Prepare.PayloadHash), (no.Kind, no.PayloadHash));
        Assert.Equal(Vote.Types.Kind.Mismatch, Assert.Single(key.When(Make.Prepare("t", attempt: 2, payload: "other", then: Make.PutOp("x"))).Votes()).Kind);
    }

    [Fact]
    public void A_later_attempt_takes_the_place_of_the_earlier()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        var second = key.When(Make.Prepare("t", attempt: 2, then: Make.PutOp("w")));
        Assert.Equal([Event.BodyOneofCase.AttemptDropped, Event.BodyOneofCase.Prepared], second.Kinds);
        Assert.Equal((2u, 3L), (second.Votes()[0].Attempt, second.Votes()[0].PreparedSequenceNr));
        Assert.Empty(key.When(Make.Prepare("t", then: Make.PutOp("w"))).Sent);
    }

    [Fact]
    public void A_commit_applies_the_prepared_that_it_names()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        key.When(Make.Commit("t", 1, 2));
        var applied = key.After(DueEndings.FoldMs).WhenHeldBack();
        Assert.Equal([Event.BodyOneofCase.Applied], applied.Kinds);
        Assert.Empty(applied.Batch.Now);
        Assert.Equal("t", Assert.Single(applied.Sent).Command.DecisionSeen.TransactionId);
        applied.Stored();
        Assert.Equal("w", Value(key));
    }

    [Theory]
    [InlineData(2u, 2L)]
    [InlineData(1u, 9L)]
    [InlineData(1u, 0L)]
    public void A_commit_that_names_another_prepared_lets_this_one_go(uint attempt, long sequenceNr)
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        Assert.Equal([Event.BodyOneofCase.Discarded], key.When(Make.Commit("t", attempt, sequenceNr)).Kinds);
        Assert.Equal("v", Value(key));
    }

    [Fact]
    public void The_else_branch_is_applied_when_the_commit_says_so()
    {
        var key = WithValue();
        var prepare = Make.Prepare("t", then: Make.PutOp("then"));
        prepare.Prepare.Else.Add(new PreparedOperation { Operation = Make.PutOp("else") });
        key.When(prepare);
        key.When(Make.Commit("t", 1, 2, then: false));
        Assert.Equal("else", Value(key));
    }

    [Fact]
    public void A_decision_about_nothing_is_acknowledged()
    {
        var key = WithValue();
        Assert.Single(key.When(Make.Commit("t", 1, 2)).Sent, s => s.Command.DecisionSeen is not null);
        Assert.Single(key.When(Make.Abort("t")).Sent, s => s.Command.DecisionSeen is not null);
    }

    [Fact]
    public void An_abort_lets_all_go()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        var abort = key.WhenApplied(Make.Abort("t"));
        Assert.Equal([Event.BodyOneofCase.Discarded], abort.Kinds);
        Assert.Single(abort.Sent, s => s.Command.DecisionSeen is not null);
        Assert.True(key.Entity.IsIdle);
    }

    [Fact]
    public void A_dropped_attempt_is_let_go_and_never_taken_again()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        Assert.Equal([Event.BodyOneofCase.AttemptDropped], key.WhenApplied(Make.Drop("t", 1)).Kinds);
        Assert.Empty(key.RestartFromSnapshot().When(Make.Prepare("t", then: Make.PutOp("w"))).Events);
        Assert.Single(key.When(Make.Prepare("t", attempt: 2, then: Make.PutOp("w"))).Votes());
    }

    [Fact]
    public void What_was_dropped_is_in_snapshots_for_minutes_and_what_was_refused_for_an_hour()
    {
        var key = WithValue();
        key.When(Make.AskStatus("refused", 1));
        key.When(Make.AskStatus("both", 1));
        foreach (var (id, attempt) in new[] { ("dropped", 1u), ("both", 2u) })
        {
            key.When(Make.Prepare(id, attempt, then: Make.PutOp("w")));
            key.WhenApplied(Make.Drop(id, attempt));
        }
        Assert.Equal(["both", "dropped", "refused"], Refusals());
        key.RestartFromSnapshot().After(121_000).When(Make.Put("x"));
        Assert.Equal(["both", "refused"], Refusals());
        key.RestartFromSnapshot();
        Assert.Empty(key.When(Make.Prepare("both", attempt: 2, then: Make.PutOp("w"))).Sent);
        key.After(3_500_000).When(Make.Put("y"));
        Assert.Empty(Refusals());

        IEnumerable<string> Refusals() => key.Entity.TakeSnapshot().Key.Participant.Refusals.Select(r => r.Refused.TransactionId).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void An_id_that_is_used_again_after_the_hour_is_heard_though_nothing_was_refused_since()
    {
        var key = WithValue();
        key.When(Make.AskStatus("t", 1));
        Assert.Empty(key.After(3_600_000).When(Make.Prepare("t", then: Make.PutOp("w"))).Sent);
        Assert.Single(key.After(1).When(Make.Prepare("t", then: Make.PutOp("w"))).Votes());
    }

    [Fact]
    public void A_late_prepare_of_what_was_dropped_minutes_ago_asks_and_is_discarded()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        key.When(Make.Prepare("t", attempt: 2, then: Make.PutOp("w")));
        key.When(Make.Commit("t", 2, 3));
        Assert.Single(key.After(130_000).When(Make.Prepare("t", then: Make.PutOp("w"))).Votes());
        Assert.Equal(1u, Assert.Single(key.WhenTimePasses(1000).Sent).Command.InDoubt.Attempt);
        Assert.Equal([Event.BodyOneofCase.Discarded], key.When(Make.Commit("t", 2, 3)).Kinds);
    }

    [Fact]
    public void A_drop_of_an_earlier_attempt_touches_nothing()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", attempt: 2, then: Make.PutOp("w")));
        Assert.Empty(key.When(Make.Drop("t", 1)).Events);
    }

    [Fact]
    public void The_question_of_recovery_is_answered_by_what_is_prepared()
    {
        var key = WithValue();
        var vote = key.When(Make.Prepare("t", then: Make.PutOp("w"))).Votes()[0];
        Assert.Equal(vote, Assert.Single(key.When(Make.AskStatus("t", 1)).Votes()));
    }

    [Fact]
    public void Who_has_not_prepared_refuses_durably_and_for_good()
    {
        var key = WithValue();
        var asked = key.WhenHeldBack(Make.AskStatus("t", 2));
        Assert.Equal([Event.BodyOneofCase.Refused], asked.Kinds);
        Assert.Empty(asked.Batch.Now);
        Assert.Equal((Vote.Types.Kind.Refused, 2u), (asked.Votes()[0].Kind, asked.Votes()[0].Attempt));
        asked.Stored();
        Assert.Empty(key.RestartFromSnapshot().When(Make.Prepare("t", then: Make.PutOp("w")), Make.Prepare("t", attempt: 2, then: Make.PutOp("w"))).Events);
        Assert.Empty(key.When(Make.AskStatus("t", 2)).Events);
    }

    [Fact]
    public void An_earlier_attempt_is_let_go_when_a_later_is_refused()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        Assert.Equal([Event.BodyOneofCase.Refused], key.When(Make.AskStatus("t", 2)).Kinds);
        Assert.True(key.Entity.IsIdle);
    }

    [Fact]
    public void A_question_about_an_earlier_attempt_than_the_prepared_is_stale()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", attempt: 2, then: Make.PutOp("w")));
        Assert.Empty(key.When(Make.AskStatus("t", 1)).Sent);
    }

    [Fact]
    public void In_doubt_it_asks_every_second_and_never_decides()
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        for (var second = 0; second < 100; second++)
        {
            var tick = key.WhenTimePasses(1000);
            Assert.Empty(tick.Events);
            Assert.Equal(("t", 1u), (Assert.Single(tick.Sent).Command.InDoubt.TransactionId, tick.Sent[0].Command.InDoubt.Attempt));
            Assert.Equal(Make.Coordinator, tick.Sent[0].To);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Intents_and_questions_survive_a_restart(bool snapshot)
    {
        var key = WithValue();
        key.When(Make.Prepare("t", then: Make.PutOp("w")));
        if (snapshot) key.RestartFromSnapshot(epoch: 3);
        else key.Restart(epoch: 3);
        var read = key.When(Make.Get());
        Assert.False(read.Answers(read));
        Assert.Single(key.WhenTimePasses(1000).Sent, s => s.Command.InDoubt is not null);
        Assert.Equal("w", key.When(Make.Commit("t", 1, 2)).ReplyTo(read).KeyValue.Value.ToStringUtf8());
    }
}
