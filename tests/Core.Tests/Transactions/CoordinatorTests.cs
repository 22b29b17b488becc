using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Transactions.CoordinatorVoteTests;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>How a slot brings a transaction to its decision, and tells all of it.</summary>
public sealed class CoordinatorTests
{
    internal static readonly EntityId Slot = Make.Coordinator;

    internal static Command Get(string id) => new() { GetTransaction = new GetTransactionRequest { TransactionId = id } };

    private static Command Seen(string id, string participant) => Make.From(EntityId.Parse(participant), new Command { DecisionSeen = new DecisionSeen { TransactionId = id } });

    internal static Scenario Started(double deadlineSeconds = 0)
    {
        var slot = Scenario.Fresh(Slot);
        slot.When(Run(T, deadlineSeconds));
        return slot;
    }

    internal static string[] To(IEnumerable<Core.Entities.SendEffect> sent) => [.. sent.Select(s => s.To.ToString()).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_run_starts_it_and_prepares_at_the_same_time()
    {
        var run = Scenario.Fresh(Slot).WhenHeldBack(Run(T));
        Assert.Equal([Event.BodyOneofCase.TransactionStarted], run.Kinds);
        var now = run.Batch.Now.OfType<Core.Entities.SendEffect>().ToArray();
        Assert.Equal(["kv/a", "kv/b"], To(now));
        Assert.All(now, s => Assert.Equal(1u, s.Command.Prepare.Attempt));
        Assert.Empty(run.Batch.Afterwards);
    }

    [Fact]
    public void The_same_run_again_waits_for_the_same_outcome()
    {
        var slot = Started();
        var again = slot.When(Run(T));
        Assert.Empty(again.Batch.Rows);
        slot.When(Yes(T, "kv/a", 1));
        var decided = slot.When(Yes(T, "kv/b", 1));
        Assert.Equal(T, decided.ReplyTo(again).Transaction.TransactionId);
        Assert.Equal(decided.ReplyTo(again), slot.When(Run(T)).Reply());
        Assert.Equal(decided.ReplyTo(again), slot.RestartFromSnapshot(epoch: 2).When(Run(T)).Reply());
    }

    [Fact]
    public void A_full_slot_refuses_a_first_attempt_for_good_and_a_repeat_for_now()
    {
        var slot = Scenario.Fresh(Slot);
        slot.When([.. Enumerable.Range(0, 10_000).Select(i => Run(Make.RequestId(i)))]);
        Assert.Equal(ErrorCode.LimitExceeded, slot.When(Run(Make.RequestId(20_000))).Code());
        // Its first attempt may still be on the way, and be done when there is room: nobody may be told that it never will.
        var repeat = Run(Make.RequestId(20_001));
        repeat.Attempt = 2;
        Assert.Equal(ErrorCode.Unavailable, slot.When(repeat).Code());
    }

    [Fact]
    public void The_same_id_with_another_payload_is_an_error()
    {
        var other = Run(T);
        other.RunTransaction.Then.Add(Make.GetOp("c"));
        Assert.Equal(ErrorCode.InvalidArgument, Started().When(other).Code());
    }

    [Fact]
    public void A_transaction_of_nothing_is_an_error()
    {
        var nothing = Scenario.Fresh(Slot).When(new Command { RunTransaction = new TransactionRequest { TransactionId = T } });
        Assert.Equal(ErrorCode.InvalidArgument, nothing.Code());
        Assert.DoesNotContain(Event.BodyOneofCase.TransactionStarted, nothing.Kinds);
    }

    [Fact]
    public void One_that_dies_is_begun_again_with_its_first_timestamp_and_prepared_when_that_is_durable()
    {
        var slot = Started();
        var died = slot.After(50).WhenHeldBack(Vote(T, "kv/a", Messages.Internal.Vote.Types.Kind.Die));
        var started = Assert.Single(died.Events).TransactionStarted;
        Assert.Equal((2u, Scenario.StartMs), (started.Attempt, started.TimestampMs));
        Assert.Empty(died.Batch.Now);
        Assert.Equal(["kv/a", "kv/b"], To(died.Sent.Where(s => s.Command.DropAttempt?.Attempt == 1)));
        died.Stored();
        var again = slot.WhenTimePasses(8);
        Assert.Equal(["kv/a", "kv/b"], To(again.Sent.Where(s => s.Command.Prepare?.Attempt == 2)));
    }

    [Fact]
    public void Votes_for_an_earlier_attempt_do_not_count()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 1));
        slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Die));
        slot.WhenTimePasses(100);
        slot.When(Yes(T, "kv/b", 2, attempt: 1));
        Assert.Empty(slot.When(Yes(T, "kv/b", 2, attempt: 2)).Events);
        Assert.Equal([Event.BodyOneofCase.TransactionCommitted], slot.When(Yes(T, "kv/a", 3, attempt: 2)).Kinds);
    }

    [Fact]
    public void A_vote_of_someone_else_does_not_count()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 1));
        Assert.Empty(slot.When(Yes(T, "kv/c", 1)).Events);
    }

    [Fact]
    public void At_its_deadline_it_is_aborted_and_the_answer_waits_for_that()
    {
        var slot = Scenario.Fresh(Slot);
        var run = slot.When(Run(T, 1.5));
        slot.WhenTimePasses(1499);
        var aborted = slot.After(1).WhenHeldBack();
        Assert.Equal([Event.BodyOneofCase.TransactionAborted], aborted.Kinds);
        Assert.Empty(aborted.Batch.Now);
        Assert.Equal((ErrorCode.TxnAborted, "deadline"), (aborted.ReplyTo(run).Failure.Code, aborted.ReplyTo(run).Failure.Details.Fields["reason"].StringValue));
        Assert.Equal(["kv/a", "kv/b"], To(aborted.Sent.Where(s => s.Command.Abort is not null)));
    }

    [Fact]
    public void At_its_deadline_one_that_died_of_another_is_told_so_also_later()
    {
        var slot = Scenario.Fresh(Slot);
        var run = slot.When(Run(T, 1.5));
        slot.When(Vote(T, "kv/a", Messages.Internal.Vote.Types.Kind.Die));
        var aborted = slot.WhenTimePasses(1500).ReplyTo(run).Failure;
        Assert.Equal((ErrorCode.TxnConflict, "conflict"), (aborted.Code, aborted.Details.Fields["reason"].StringValue));
        Assert.Equal(aborted, slot.When(Run(T, 1.5)).Reply().Failure);
        Assert.Equal(aborted, slot.RestartFromSnapshot(epoch: 2).When(Run(T, 1.5)).Reply().Failure);
        Assert.Equal(Outcome.Aborted, slot.When(Get(T)).Reply().TransactionStatus.Outcome);
    }

    [Fact]
    public void The_first_choice_stays()
    {
        var slot = Started(1);
        slot.When(Yes(T, "kv/a", 1));
        slot.After(1000).When(Yes(T, "kv/b", 1));
        Assert.Equal(Outcome.Aborted, slot.When(Get(T)).Reply().TransactionStatus.Outcome);
        Assert.Empty(slot.When(Yes(T, "kv/b", 1)).Events);
    }

    [Fact]
    public void A_branch_that_can_not_be_run_aborts_it()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 1));
        var bad = Yes(T, "kv/b", 1);
        bad.Vote.Then.AbortReason = "overflow";
        Assert.Equal("overflow", Assert.Single(slot.When(bad).Events).TransactionAborted.Reason);
    }

    [Fact]
    public void One_false_condition_chooses_else()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 1));
        var no = Yes(T, "kv/b", 1);
        no.Vote.Conditions.Add(new ConditionResult { Held = false });
        no.Vote.Then.AbortReason = "overflow";
        var decided = slot.When(no);
        Assert.False(decided.Events[0].TransactionCommitted.Then);
        Assert.All(decided.Sent, s => Assert.False(s.Command.Commit.Then));
    }

    [Fact]
    public void Prepares_are_repeated_to_those_who_have_not_voted()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 1));
        Assert.Equal(["kv/b"], To(slot.WhenTimePasses(500).Sent.Where(s => s.Command.Prepare is not null)));
    }

    [Fact]
    public void The_decision_is_repeated_until_all_have_seen_it_and_then_settled()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 4));
        var decided = slot.When(Yes(T, "kv/b", 5));
        Assert.Equal([4L, 5], decided.Sent.OrderBy(s => s.To.Name).Select(s => s.Command.Commit.PreparedSequenceNr));
        slot.When(Seen(T, "kv/a"));
        Assert.Equal(["kv/b"], To(slot.WhenTimePasses(1000).Sent));
        slot.When(Seen(T, "kv/b"));
        Assert.Equal([Event.BodyOneofCase.TransactionSettled], slot.WhenTimePasses(60_000).Kinds);
        // Only the archive is still to come.
        Assert.True(slot.Entity.WakeAtMs > slot.Now.MonoMs + 10_000);
        Assert.Empty(slot.WhenTimePasses(60_000).Sent);
    }

    [Fact]
    public void That_all_have_seen_a_decision_is_written_with_the_next_row_of_the_slot()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 4));
        slot.When(Yes(T, "kv/b", 5));
        slot.When(Seen(T, "kv/a"));
        Assert.Empty(slot.When(Seen(T, "kv/b")).Events);
        Assert.Equal([Event.BodyOneofCase.TransactionStarted, Event.BodyOneofCase.TransactionSettled], slot.When(Run(Other)).Kinds);
    }
}
