using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

public sealed class CoordinatorVoteTests
{
    /// <summary>Issued just now: such an id is in memory or nowhere, and nothing is looked up.</summary>
    internal static readonly string T = Make.RequestId();
    internal static readonly string Other = Make.RequestId(number: 1);

    private static readonly EntityId Slot = Make.Coordinator;

    [Fact]
    public void All_votes_make_the_commit_and_the_answer_does_not_wait_for_its_row()
    {
        var slot = Scenario.Fresh(Slot);
        var run = slot.When(Run(T));
        slot.When(Yes(T, "kv/a", 5));
        var last = slot.WhenHeldBack(Yes(T, "kv/b", 7));
        Assert.Equal([Event.BodyOneofCase.TransactionCommitted], last.Kinds);
        Assert.Equal([("kv/a", 5L), ("kv/b", 7L)], last.Events[0].TransactionCommitted.Prepared.Select(p => (p.Participant, p.SequenceNr)));
        var answer = Assert.IsType<Core.Entities.AnswerEffect>(Assert.Single(last.Batch.Now));
        Assert.Equal(TransactionStatus.Types.Outcome.Committed, answer.Reply.Transaction.Outcome);
        Assert.Equal(last.ReplyTo(run), answer.Reply);
    }

    [Fact]
    public void Votes_for_a_lost_start_that_meet_its_repeat_are_not_counted_before_it_is_durable()
    {
        var slot = Scenario.Fresh(Slot);
        // The first Run was never stored, but its Prepares had left: the votes come in one batch with the repeat.
        var run = slot.When(Run(T), Yes(T, "kv/a", 5), Yes(T, "kv/b", 7));
        Assert.Equal([Event.BodyOneofCase.TransactionStarted], run.Kinds);
        Assert.Equal(2, run.Sent.Count(s => s.Command.Prepare is not null));
        // The participants vote again, and so it ends well.
        slot.When(Yes(T, "kv/a", 5));
        Assert.NotNull(slot.When(Yes(T, "kv/b", 7)).ReplyTo(run).Transaction);
    }

    [Fact]
    public void A_vote_on_another_payload_is_no_vote_for_this_one()
    {
        var slot = Scenario.Fresh(Slot);
        var run = slot.When(Run(T));
        var vote = Yes(T, "kv/a", 5);
        vote.Vote.PayloadHash = ByteString.CopyFromUtf8("of something else");
        Assert.Equal([Event.BodyOneofCase.TransactionAborted], slot.When(vote).Kinds);
        Assert.False(run.Answers(run));
    }

    [Fact]
    public void A_participant_that_has_prepared_another_payload_under_the_id_aborts_it()
    {
        var slot = Scenario.Fresh(Slot);
        var run = slot.When(Run(T));
        slot.When(Yes(T, "kv/a", 5));
        var no = slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Mismatch));
        Assert.Equal([Event.BodyOneofCase.TransactionAborted], no.Kinds);
        Assert.Equal((ErrorCode.TxnAborted, AbortReason.Mismatch), (no.ReplyTo(run).Failure.Code, no.ReplyTo(run).Failure.Details.Fields["reason"].StringValue));
        Assert.Equal(["kv/a", "kv/b"], no.Sent.Where(s => s.Command.Abort?.TransactionId == T).Select(s => s.To.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(ErrorCode.TxnAborted, slot.Restart(epoch: 2).When(Run(T)).Code());
    }

    /// <summary>
    /// Its Prepare left before the row of its start was refused; then the id was begun with this payload, and the commit may have been told on votes alone. The Prepare comes late, and finds the id
    /// prepared: that is no word against what is prepared.
    /// </summary>
    [Fact]
    public void A_mismatch_on_a_payload_whose_start_was_never_stored_changes_nothing_and_one_on_this_aborts()
    {
        foreach (var recovered in new[] { false, true })
        {
            var slot = Scenario.Fresh(Slot);
            var hash = slot.When(Run(T)).Events[0].TransactionStarted.PayloadHash;
            if (recovered) slot.Restart(epoch: 2).When();
            foreach (var kind in new[] { Messages.Internal.Vote.Types.Kind.Mismatch, Messages.Internal.Vote.Types.Kind.Die })
            {
                var late = Vote(T, "kv/a", kind);
                late.Vote.PayloadHash = ByteString.CopyFromUtf8("of something else");
                Assert.Empty(slot.When(late).Events);
            }
            // From a node of an earlier version, which does not say of which: only after a restart can it be another's.
            if (recovered) Assert.Empty(slot.When(Vote(T, "kv/a", Messages.Internal.Vote.Types.Kind.Mismatch)).Events);
            var no = Vote(T, "kv/a", Messages.Internal.Vote.Types.Kind.Mismatch);
            no.Vote.PayloadHash = hash;
            Assert.Equal([Event.BodyOneofCase.TransactionAborted], slot.When(no).Kinds);
        }
    }

    [Fact]
    public void A_mismatch_on_an_earlier_attempt_changes_nothing()
    {
        var slot = Scenario.Fresh(Slot);
        slot.When(Run(T));
        slot.When(Vote(T, "kv/a", Messages.Internal.Vote.Types.Kind.Die));
        slot.WhenTimePasses(100);
        Assert.Empty(slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Mismatch, attempt: 1)).Events);
    }

    [Fact]
    public void What_begins_after_a_vote_is_younger_than_what_its_participant_has_seen()
    {
        var slot = Scenario.Fresh(Slot);
        slot.When(Run(T));
        var vote = Yes(T, "kv/a", 5);
        vote.Vote.YoungestMs = Scenario.StartMs + 30_000;
        slot.When(vote);
        Assert.Equal(Scenario.StartMs + 30_001, slot.When(Run(Other)).Events[0].TransactionStarted.TimestampMs);
    }

    internal static Command Run(string id, double deadlineSeconds = 0) => new()
    {
        RunTransaction = new TransactionRequest { TransactionId = id, DeadlineSeconds = deadlineSeconds, Then = { Make.PutOp("1", "a"), Make.PutOp("2", "b") } },
    };

    internal static Command Yes(string id, string participant, long sequenceNr, uint attempt = 1) => Vote(id, participant, Messages.Internal.Vote.Types.Kind.Yes, attempt, sequenceNr);

    internal static Command Vote(string id, string participant, Vote.Types.Kind kind, uint attempt = 1, long sequenceNr = 0) =>
        Make.From(EntityId.Parse(participant), new Command
        {
            Vote = new Vote { TransactionId = id, Attempt = attempt, Kind = kind, PreparedSequenceNr = sequenceNr, Then = new BranchResult(), Else = new BranchResult() },
        });
}
