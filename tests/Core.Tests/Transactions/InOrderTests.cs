using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using Xunit;
using static AkkaHa.Core.Tests.Transactions.CoordinatorVoteTests;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>Attempts after the second: at one participant after the other, and waiting longer.</summary>
public sealed class InOrderTests
{
    private static readonly EntityId Key = EntityId.Key("k");

    private static Command Write(string id, long timestampMs, uint attempt = 3) => Make.Prepare(id, attempt, timestampMs, then: Make.PutOp(id));

    private static (string, Vote.Types.Kind)[] Votes(Then then) => [.. then.Votes().Select(v => (v.TransactionId, v.Kind))];

    private static string[] Prepared(Then then, uint attempt) => CoordinatorTests.To(then.Sent.Where(s => s.Command.Prepare?.Attempt == attempt));

    private static Scenario DiedTwice(Scenario? started = null)
    {
        var slot = started ?? CoordinatorTests.Started();
        slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Die));
        Assert.Equal(["kv/a", "kv/b"], Prepared(slot.WhenTimePasses(8), 2));
        slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Die, attempt: 2));
        return slot;
    }

    [Fact]
    public void Each_participant_is_asked_when_the_one_before_it_has_said_yes()
    {
        var slot = DiedTwice();
        Assert.Equal(["kv/a"], Prepared(slot.WhenTimePasses(16), 3));
        Assert.Equal(["kv/b"], Prepared(slot.When(Yes(T, "kv/a", 2, attempt: 3)), 3));
        Assert.Equal([Messages.Storage.Event.BodyOneofCase.TransactionCommitted], slot.When(Yes(T, "kv/b", 3, attempt: 3)).Kinds);
    }

    /// <summary>Else two that name the same keys would each wait for the other.</summary>
    [Fact]
    public void The_order_is_that_of_ids_and_not_of_the_request()
    {
        var slot = Scenario.Fresh(CoordinatorTests.Slot);
        slot.When(new Command { RunTransaction = new Messages.V1.TransactionRequest { TransactionId = T, Then = { Make.PutOp("2", "b"), Make.PutOp("1", "a") } } });
        Assert.Equal(["kv/a"], Prepared(DiedTwice(slot).WhenTimePasses(16), 3));
    }

    [Fact]
    public void Who_is_silent_is_asked_again_and_nobody_after_it()
    {
        var slot = DiedTwice();
        slot.WhenTimePasses(16);
        Assert.Equal(["kv/a"], Prepared(slot.WhenTimePasses(500), 3));
        slot.When(Yes(T, "kv/a", 2, attempt: 3));
        Assert.Equal(["kv/b"], Prepared(slot.WhenTimePasses(500), 3));
    }

    [Fact]
    public void A_vote_that_comes_twice_does_not_ask_the_next_again()
    {
        var slot = DiedTwice();
        slot.WhenTimePasses(16);
        slot.When(Yes(T, "kv/a", 2, attempt: 3));
        Assert.Empty(slot.When(Yes(T, "kv/a", 2, attempt: 3)).Sent);
    }

    [Fact]
    public void Of_one_that_died_in_order_too_nobody_is_asked_before_its_turn()
    {
        var slot = DiedTwice();
        slot.WhenTimePasses(16);
        slot.When(Yes(T, "kv/a", 2, attempt: 3));
        slot.When(Vote(T, "kv/b", Messages.Internal.Vote.Types.Kind.Die, attempt: 3));
        Assert.Equal(["kv/a"], Prepared(slot.WhenTimePasses(32), 4));
    }

    /// <summary>What it is to find out is what each has done, in whatever order.</summary>
    [Fact]
    public void Recovery_asks_all_at_once()
    {
        var slot = DiedTwice();
        slot.WhenTimePasses(16);
        slot.Restart();
        Assert.Equal(["kv/a", "kv/b"], CoordinatorTests.To(slot.WhenTimePasses(0).Sent.Where(s => s.Command.AskStatus?.Attempt == 3)));
    }

    [Fact]
    public void It_waits_for_an_older_one_long()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("old", 1, attempt: 1));
        Assert.Empty(key.When(Write("young", 2)).Sent);
        Assert.Empty(Votes(key.WhenTimePasses(ShortWaits.InOrderAtMostMs - 1)));
        Assert.Equal([("young", Messages.Internal.Vote.Types.Kind.Die)], Votes(key.WhenTimePasses(1)));
    }

    [Fact]
    public void Those_that_wait_are_taken_the_oldest_first()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("1", 1));
        key.When(Write("3", 3));
        key.When(Write("2", 2));
        Assert.Equal([("2", Messages.Internal.Vote.Types.Kind.Yes)], Votes(key.After(1_000).When(Make.Abort("1"))));
        Assert.Equal([("3", Messages.Internal.Vote.Types.Kind.Yes)], Votes(key.After(500).When(Make.Abort("2"))));
    }

    [Fact]
    public void For_younger_ones_it_waits_as_long_as_it_takes()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("young", 2));
        key.When(Write("old", 1));
        Assert.Empty(Votes(key.WhenTimePasses(10 * ShortWaits.InOrderAtMostMs)));
        Assert.Equal([("old", Messages.Internal.Vote.Types.Kind.Yes)], Votes(key.When(Make.Abort("young"))));
    }

    /// <summary>The holder may wait elsewhere for what this one holds, and has two seconds for it.</summary>
    [Fact]
    public void A_first_attempt_waits_a_little_for_one_in_order_however_young_that_is()
    {
        var key = Scenario.Fresh(Key);
        key.When(Write("young", 2));
        Assert.Equal([("old", Messages.Internal.Vote.Types.Kind.Die)], Votes(key.WhenTooYoung(Write("old", 1, attempt: 1))));
    }

    [Fact]
    public void Switched_off_all_are_asked_at_once_and_die_soon()
    {
        var off = RuleSwitches.AllOn with { LaterAttemptsInOrder = false };
        var slot = Scenario.Fresh(CoordinatorTests.Slot, rules: off);
        slot.When(Run(T));
        Assert.Equal(["kv/a", "kv/b"], Prepared(DiedTwice(slot).WhenTimePasses(16), 3));
        var key = Scenario.Fresh(Key, rules: off);
        key.When(Write("old", 1));
        Assert.Equal([("young", Messages.Internal.Vote.Types.Kind.Die)], Votes(key.WhenTooYoung(Write("young", 2))));
    }
}
