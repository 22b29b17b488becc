using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;
using Outcome = AkkaHa.Messages.V1.TransactionStatus.Types.Outcome;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>What a slot tells of its open transactions.</summary>
public sealed class OpenTransactionListTests
{
    private static readonly string[] Ids = [.. Enumerable.Range(0, 4).Select(i => Make.RequestId(number: (byte)i))];

    private static Command List(int limit = 0) => new() { ListOpenTransactions = new ListOpenTransactions { Limit = limit } };

    [Fact]
    public void It_tells_who_has_not_answered_yet_oldest_first()
    {
        var slot = Scenario.Fresh(Make.Coordinator);
        slot.When(OutcomeScenario.Run(Ids[1]));
        slot.After(1500).When(OutcomeScenario.Run(Ids[0]));
        slot.When(CoordinatorVoteTests.Yes(Ids[1], "kv/a", 1));
        var open = slot.When(List()).Reply().OpenTransactions;
        Assert.False(open.More);
        Assert.Equal([Ids[1], Ids[0]], open.Transactions.Select(t => t.TransactionId));
        Assert.Equal((Outcome.InProgress, 1.5, 1u), (open.Transactions[0].Outcome, open.Transactions[0].AgeSeconds, open.Transactions[0].Attempt));
        Assert.Equal(["kv/a", "kv/b"], open.Transactions[0].Participants);
        Assert.Equal(["kv/b"], open.Transactions[0].WaitingFor);
    }

    [Fact]
    public void What_is_decided_is_open_until_all_have_it()
    {
        var slot = Scenario.Fresh(Make.Coordinator);
        slot.When(OutcomeScenario.Run(Ids[0]));
        slot.When(CoordinatorVoteTests.Yes(Ids[0], "kv/a", 1), CoordinatorVoteTests.Yes(Ids[0], "kv/b", 1));
        slot.When(Make.From(Messages.EntityId.Key("b"), new Command { DecisionSeen = new DecisionSeen { TransactionId = Ids[0] } }));
        var open = Assert.Single(slot.When(List()).Reply().OpenTransactions.Transactions);
        Assert.Equal((Outcome.Committed, "kv/a"), (open.Outcome, Assert.Single(open.WaitingFor)));
        slot.When(Make.From(Messages.EntityId.Key("a"), new Command { DecisionSeen = new DecisionSeen { TransactionId = Ids[0] } }));
        Assert.Empty(slot.When(List()).Reply().OpenTransactions.Transactions);
    }

    [Fact]
    public void Beyond_the_limit_it_says_that_there_are_more()
    {
        var slot = Scenario.Fresh(Make.Coordinator);
        foreach (var id in Ids) slot.After(1).When(OutcomeScenario.Run(id));
        var open = slot.When(List(limit: 3)).Reply().OpenTransactions;
        Assert.Equal((true, 3), (open.More, open.Transactions.Count));
        Assert.False(slot.When(List(limit: 4)).Reply().OpenTransactions.More);
    }

    [Fact]
    public void Beyond_its_bytes_too()
    {
        var slot = Scenario.Fresh(Make.Coordinator);
        foreach (var id in Enumerable.Range(0, 40).Select(i => Make.RequestId(number: (byte)i)))
        {
            var large = new TransactionRequest { TransactionId = id };
            large.Then.AddRange(Enumerable.Range(0, 120).Select(k => Make.PutOp("v", new string('k', 500) + k)));
            slot.When(new Command { RunTransaction = large });
        }
        var open = slot.When(List()).Reply().OpenTransactions;
        Assert.True(open.More);
        Assert.InRange(open.CalculateSize(), 100_000, Messages.Limits.OpenTransactionBytesPerSlot + 1000);
    }
}
