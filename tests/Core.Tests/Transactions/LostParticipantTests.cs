using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Transactions.CoordinatorVoteTests;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>A participant can't be recovered, and a transaction hangs on it: its rows decide in its place, and where nobody can read them, nobody is told an outcome.</summary>
public sealed class LostParticipantTests
{
    private const string Lost = "kv/b";

    private static Command Without(string participant = Lost, bool giveUp = false, string? id = null) =>
        new() { ResolveTransaction = new ResolveTransactionRequest { TransactionId = id ?? T, Without = participant, GiveUp = giveUp } };

    private static Command Seen(string participant) => Make.From(EntityId.Parse(participant), new Command { DecisionSeen = new DecisionSeen { TransactionId = T } });

    private static Command Read(Then asked, Action<ParticipantRead> say)
    {
        var read = new ParticipantRead { Number = Assert.Single(asked.Batch.Afterwards.OfType<ReadParticipantEffect>()).Number };
        say(read);
        return new Command { Sender = "node", ParticipantRead = read };
    }

    /// <summary>Begun, and its coordinator's next activation asks both; one has answered.</summary>
    private static Scenario Hanging(bool answered = true)
    {
        var slot = Scenario.Fresh(Make.Coordinator);
        slot.When(Run(T));
        slot.Restart(epoch: 2).When();
        if (answered) slot.When(Yes(T, "kv/a", 4));
        return slot;
    }

    [Fact]
    public void A_row_that_prepared_it_is_as_good_as_a_vote()
    {
        var slot = Hanging();
        var asked = slot.When(Without());
        var effect = Assert.Single(asked.Batch.Afterwards.OfType<ReadParticipantEffect>());
        Assert.Equal((EntityId.Parse(Lost), T, 1u), (effect.Participant, effect.Started.TransactionId, effect.Started.Attempt));
        var read = slot.When(Read(asked, r => r.Vote = Yes(T, Lost, 7).Vote));
        Assert.Equal([Event.BodyOneofCase.TransactionCommitted], read.Kinds);
        Assert.Equal(Outcome.Committed, read.ReplyTo(asked).TransactionStatus.Outcome);
        // Should it come back, it applies what it prepared.
        Assert.Equal(7, Assert.Single(slot.When(Make.From(EntityId.Parse(Lost), new Command { InDoubt = new InDoubt { TransactionId = T, Attempt = 1 } })).Sent).Command.Commit.PreparedSequenceNr);
    }

    [Fact]
    public void None_that_prepared_it_is_an_abort_and_everybody_is_told_so()
    {
        var slot = Hanging();
        var asked = slot.When(Without());
        var read = slot.When(Read(asked, r => r.Vote = Vote(T, Lost, Messages.Internal.Vote.Types.Kind.Refused).Vote));
        Assert.Equal(Outcome.Aborted, read.ReplyTo(asked).TransactionStatus.Outcome);
        Assert.Equal(["kv/a", Lost], read.Sent.Where(s => s.Command.Abort is not null).Select(s => s.To.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(ErrorCode.TxnAborted, slot.When(Run(T)).Code());
    }

    [Fact]
    public void Where_others_are_waited_for_too_it_stays_in_progress_until_they_have_answered()
    {
        var slot = Hanging(answered: false);
        var asked = slot.When(Without());
        var read = slot.When(Read(asked, r => r.Vote = Yes(T, Lost, 7).Vote));
        Assert.Equal(Outcome.InProgress, read.ReplyTo(asked).TransactionStatus.Outcome);
        Assert.Equal([Event.BodyOneofCase.TransactionCommitted], slot.When(Yes(T, "kv/a", 4)).Kinds);
    }

    [Fact]
    public void Rows_that_nobody_can_read_decide_nothing_unless_it_is_given_up()
    {
        var slot = Hanging();
        var asked = slot.When(Without());
        var refused = slot.When(Read(asked, r => r.Unreadable = "rows are missing"));
        Assert.Empty(refused.Events);
        Assert.Equal(ErrorCode.InvalidArgument, refused.ReplyTo(asked).Failure.Code);
        Assert.Contains("rows are missing", refused.ReplyTo(asked).Failure.Message, StringComparison.Ordinal);
        Assert.Equal(Outcome.InProgress, slot.When(new Command { GetTransaction = new GetTransactionRequest { TransactionId = T } }).Reply().TransactionStatus.Outcome);
    }

    [Fact]
    public void What_is_given_up_is_dropped_by_all_and_nobody_is_told_that_it_was_aborted()
    {
        var slot = Hanging();
        var waits = slot.When(Run(T));
        var asked = slot.When(Without(giveUp: true));
        var given = slot.When(Read(asked, r => r.Unreadable = "rows are missing"));
        Assert.Equal(Lost, Assert.Single(given.Events).TransactionAborted.Without);
        Assert.Equal(Outcome.Unknown, given.ReplyTo(asked).TransactionStatus.Outcome);
        Assert.Equal(ErrorCode.OutcomeUnknown, given.ReplyTo(waits).Failure.Code);
        Assert.Contains(given.Sent, s => s.To == EntityId.Key("a") && s.Command.Abort is not null);
        foreach (var later in (Scenario[])[slot, slot.Restart(epoch: 3), slot.RestartFromSnapshot(epoch: 4)])
        {
            Assert.Equal(ErrorCode.OutcomeUnknown, later.When(Run(T)).Code());
            Assert.Equal(Outcome.Unknown, later.When(new Command { ResolveTransaction = new ResolveTransactionRequest { TransactionId = T } }).Reply().TransactionStatus.Outcome);
            // It has come back, with the row that prepared it: it lets go, as all others did.
            Assert.NotNull(Assert.Single(later.When(Make.From(EntityId.Parse(Lost), new Command { InDoubt = new InDoubt { TransactionId = T, Attempt = 1 } })).Sent).Command.Abort);
        }
    }

    [Fact]
    public void What_is_given_up_is_settled_without_the_lost()
    {
        var slot = Hanging();
        slot.When(Read(slot.When(Without(giveUp: true)), r => r.Unreadable = "rows are missing"));
        slot.Restart(epoch: 3).When();
        slot.When(Seen("kv/a"));
        Assert.Equal([Event.BodyOneofCase.TransactionSettled], slot.WhenTimePasses(60_000).Kinds);
    }

    [Fact]
    public void An_answer_that_comes_meanwhile_decides_and_what_is_read_then_changes_nothing()
    {
        var slot = Hanging();
        var asked = slot.When(Without(giveUp: true));
        slot.When(Yes(T, Lost, 7));
        var read = slot.When(Read(asked, r => r.Unreadable = "rows are missing"));
        Assert.Empty(read.Events);
        Assert.Equal(Outcome.Committed, read.ReplyTo(asked).TransactionStatus.Outcome);
    }

    [Fact]
    public void A_journal_that_does_not_answer_says_nothing_not_even_to_who_gives_up()
    {
        var slot = Hanging();
        var asked = slot.When(Without(giveUp: true));
        var read = slot.When(Read(asked, _ => { }));
        Assert.Empty(read.Events);
        Assert.Equal(ErrorCode.Unavailable, read.ReplyTo(asked).Failure.Code);
        var again = slot.When(Without());
        var late = slot.WhenTimePasses(Limits.OutcomeLookUpSeconds * 1000);
        Assert.Equal(ErrorCode.Unavailable, late.ReplyTo(again).Failure.Code);
        Assert.Empty(slot.When(Read(again, r => r.Vote = Yes(T, Lost, 7).Vote)).Events);
    }

    [Fact]
    public void A_participant_that_has_answered_is_not_lost()
    {
        var refused = Hanging().When(Without("kv/a"));
        Assert.Equal(ErrorCode.InvalidArgument, refused.Code());
        Assert.Contains("waits for kv/b", refused.Reply().Failure.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.InvalidArgument, Hanging().When(Without("kv/c")).Code());
    }

    [Fact]
    public void What_its_first_coordinator_drives_is_left_to_its_deadline()
    {
        var slot = Scenario.Fresh(Make.Coordinator);
        slot.When(Run(T));
        Assert.Equal(ErrorCode.Unavailable, slot.When(Without()).Code());
    }

    [Fact]
    public void What_is_decided_is_told_and_what_nobody_knows_is_not_found()
    {
        var slot = Hanging();
        slot.When(Yes(T, Lost, 7));
        Assert.Equal(Outcome.Committed, slot.When(Without()).Reply().TransactionStatus.Outcome);
        var unheard = slot.When(Without(id: Other));
        Assert.Equal(ErrorCode.NotFound, unheard.Code());
        Assert.Empty(unheard.Events);
    }
}
