using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;
using static AkkaHa.Core.Tests.Transactions.CoordinatorTests;
using static AkkaHa.Core.Tests.Transactions.CoordinatorVoteTests;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>What a slot does after a restart, and what it tells participants and clients that do not know an outcome.</summary>
public sealed class CoordinatorRecoveryTests
{
    private static Command Resolve(string id) => new() { ResolveTransaction = new ResolveTransactionRequest { TransactionId = id } };

    private static Command InDoubt(string id, string participant) => Make.From(EntityId.Parse(participant), new Command { InDoubt = new InDoubt { TransactionId = id, Attempt = 1 } });

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
