using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Transactions.CoordinatorVoteTests;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Core.Tests.Transactions;

public sealed class CoordinatorTests
{
    private static readonly EntityId Slot = Make.Coordinator;

    private static Command Get(string id) => new() { GetTransaction = new GetTransactionRequest { TransactionId = id } };

    private static Command Resolve(string id) => new() { ResolveTransaction = new ResolveTransactionRequest { TransactionId = id } };

    private static Command Seen(string id, string participant) => Make.From(EntityId.Parse(participant), new Command { DecisionSeen = new DecisionSeen { TransactionId = id } });

    private static Command InDoubt(string id, string participant) => Make.From(EntityId.Parse(participant), new Command { InDoubt = new InDoubt { TransactionId = id, Attempt = 1 } });

    private static Scenario Started(double deadlineSeconds = 0)
    {
        var slot = Scenario.Fresh(Slot);
        slot.When(Run(T, deadlineSeconds));
        return slot;
    }

    private static string[] To(IEnumerable<Core.Entities.SendEffect> sent) => [.. sent.Select(s => s.To.ToString()).Order(StringComparer.Ordinal)];

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

    [Fact]
    public void A_decision_that_was_not_settled_is_told_again_after_a_restart()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 4));
        slot.When(Yes(T, "kv/b", 5));
        Assert.Equal(["kv/a", "kv/b"], To(slot.RestartFromSnapshot(epoch: 2).When().Sent.Where(s => s.Command.Commit is not null)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_recovery_all_are_asked_and_the_commit_is_durable_before_it_is_told(bool snapshot)
    {
        var slot = Started(1);
        if (snapshot) slot.RestartFromSnapshot(epoch: 2);
        else slot.Restart(epoch: 2);
        Assert.Equal(["kv/a", "kv/b"], To(slot.When().Sent.Where(s => s.Command.AskStatus?.Attempt == 1)));
        var client = slot.When(Run(T, 1));
        // It did not write the Started, so no deadline of its own may end it.
        Assert.Empty(slot.WhenTimePasses(100_000).Events);
        slot.When(Yes(T, "kv/a", 1));
        var decided = slot.WhenHeldBack(Yes(T, "kv/b", 1));
        Assert.Empty(decided.Batch.Now);
        Assert.Equal(Outcome.Committed, decided.ReplyTo(client).Transaction.Outcome);
    }

    [Fact]
    public void After_recovery_one_refusal_aborts_and_silence_does_not()
    {
        var slot = Started().Restart(epoch: 2);
        slot.When();
        slot.When(Yes(T, "kv/a", 1));
        Assert.Equal(["kv/b"], To(slot.WhenTimePasses(500).Sent.Where(s => s.Command.AskStatus is not null)));
        Assert.Equal([Event.BodyOneofCase.TransactionAborted], slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Refused)).Kinds);
    }

    [Fact]
    public void After_recovery_nobody_dies()
    {
        var slot = Started().Restart(epoch: 2);
        slot.When();
        Assert.Empty(slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Die)).Events);
    }

    [Fact]
    public void A_refusal_does_not_touch_what_this_activation_has_started() =>
        Assert.Empty(Started().When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Refused)).Events);

    [Fact]
    public void A_participant_that_asks_about_what_was_never_started_aborts_it_for_good()
    {
        var slot = Scenario.Fresh(Slot);
        var asked = slot.WhenHeldBack(InDoubt(T, "kv/a"));
        Assert.Equal([Event.BodyOneofCase.TransactionAborted], asked.Kinds);
        Assert.Empty(asked.Batch.Now);
        Assert.Equal(T, Assert.Single(asked.Sent).Command.Abort.TransactionId);
        asked.Stored();
        Assert.Equal(ErrorCode.TxnAborted, slot.RestartFromSnapshot(epoch: 2).When(Run(T)).Code());
    }

    [Fact]
    public void A_participant_that_asks_about_the_undecided_waits() => Assert.Empty(Started().When(InDoubt(T, "kv/a")).Sent);

    [Fact]
    public void A_participant_that_asks_about_the_decided_is_told()
    {
        var slot = Started();
        slot.When(Yes(T, "kv/a", 4));
        slot.When(Yes(T, "kv/b", 5));
        Assert.Equal(4, Assert.Single(slot.When(InDoubt(T, "kv/a")).Sent).Command.Commit.PreparedSequenceNr);
        Assert.Equal(0, Assert.Single(slot.When(InDoubt(T, "kv/stranger")).Sent).Command.Commit.PreparedSequenceNr);
    }

    [Fact]
    public void A_client_that_asks_about_the_unheard_changes_nothing()
    {
        var slot = Started();
        var asked = slot.When(Get(Other));
        Assert.Empty(asked.Events);
        Assert.Equal(Outcome.Unknown, asked.Reply().TransactionStatus.Outcome);
        Assert.Equal(Outcome.InProgress, slot.When(Get(T)).Reply().TransactionStatus.Outcome);
    }

    [Fact]
    public void A_client_that_resolves_the_unheard_aborts_it_for_good()
    {
        var slot = Started();
        Assert.Equal(Outcome.Aborted, slot.When(Resolve(Other)).Reply().TransactionStatus.Outcome);
        Assert.Equal(ErrorCode.TxnAborted, slot.When(Run(Other)).Code());
        Assert.Equal(Outcome.InProgress, slot.When(Resolve(T)).Reply().TransactionStatus.Outcome);
    }
}
