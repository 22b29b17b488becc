using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>What a repeat finds of the results, and for how long.</summary>
public sealed class KeptResultsTests
{
    private const int LargeBytes = 600 * 1024;

    private readonly OutcomeScenario world = new();
    private byte number;

    [Fact]
    public void A_small_result_stays_when_large_ones_come_and_the_largest_that_is_old_goes()
    {
        var small = Commit(Put("a"));
        var large = Commit(Get("a", LargeBytes + 1), Put("b"));
        var other = Commit(Get("a", LargeBytes), Put("b"));
        world.Slot.After(61_000);
        for (var i = 0; i < 5; i++) Commit(Get("a", LargeBytes), Put("b"));
        Assert.Equal(5, Repeat(small).Results.Single().Revision);
        Assert.False(Repeat(small).HasResultsDropped);
        Assert.Equal((true, 0), (Repeat(large).ResultsDropped, Repeat(large).Results.Count));
        Assert.Equal((false, 2), (Repeat(other).ResultsDropped, Repeat(other).Results.Count));
    }

    [Fact]
    public void In_the_first_minute_a_repeat_finds_its_results_whatever_came_meanwhile()
    {
        var all = Enumerable.Range(0, 12).Select(_ => Commit(Get("a", LargeBytes), Put("b"))).ToArray();
        world.Slot.After(50_000);
        Assert.All(all, id => Assert.Equal(2, Repeat(id).Results.Count));
        Assert.All(all, id => Assert.False(Repeat(id).ResultsDropped));
    }

    [Fact]
    public void There_are_never_more_bytes_than_the_hard_limit()
    {
        var all = Enumerable.Range(0, 30).Select(_ => Commit(Get("a", LargeBytes), Put("b"))).ToArray();
        Assert.InRange(world.Slot.Entity.TakeSnapshot().CalculateSize(), Limits.TransactionResultBytesPerSlot, Limits.TransactionResultBytesPerSlotMax + 100_000);
        Assert.Contains(all, id => Repeat(id).ResultsDropped);
        world.Slot.RestartFromSnapshot(epoch: 2);
        Assert.Contains(all, id => Repeat(id).ResultsDropped);
        Assert.Contains(all, id => !Repeat(id).ResultsDropped);
    }

    [Fact]
    public void A_repeat_after_ten_minutes_has_the_outcome_and_says_that_the_results_are_gone()
    {
        var several = Commit(Put("a"), Put("b"));
        var read = Commit(Get("a", 10));
        world.Slot.After((Limits.TransactionResultMinutes * 60_000) + 1000);
        Commit(Put("c"));
        Assert.Equal((TransactionStatus.Types.Outcome.Committed, true, 0), (Repeat(several).Outcome, Repeat(several).ResultsDropped, Repeat(several).Results.Count));
        // Without its value, a read would look like one of an absent key.
        Assert.Equal((true, 0), (Repeat(read).ResultsDropped, Repeat(read).Results.Count));
    }

    [Fact]
    public void The_revision_of_a_single_write_is_known_for_as_long_as_its_outcome()
    {
        var id = Commit(Put("a"));
        world.Slot.When(Make.From(EntityId.Key("a"), new Command { DecisionSeen = new DecisionSeen { TransactionId = id } }));
        world.Slot.WhenTimePasses(500);
        Assert.Equal([id], world.ArchiveAfter(11 * 60_000));
        Assert.Equal(0, world.InSlot);
        var repeat = world.Ask(Run(id, Put("a"))).Transaction;
        Assert.Equal((false, 5L), (repeat.HasResultsDropped, repeat.Results.Single().Revision));
    }

    private readonly Dictionary<string, OperationResult[]> ran = [];

    private static OperationResult Put(string key) => new() { Key = key, Revision = 5 };

    private static OperationResult Get(string key, int bytes) => new() { Key = key, Revision = 5, Value = ByteString.CopyFrom(new byte[bytes]) };

    private static Command Run(string id, params OperationResult[] results) =>
        new() { RunTransaction = new TransactionRequest { TransactionId = id, Then = { results.Select(r => r.HasValue ? Make.GetOp(r.Key) : Make.PutOp("v", r.Key)) } } };

    private string Commit(params OperationResult[] results)
    {
        var id = Make.RequestId(world.Slot.ElapsedMs, ++number);
        ran[id] = results;
        world.Slot.When(Run(id, results));
        world.Slot.When([.. results.Select((result, i) =>
        {
            var vote = CoordinatorVoteTests.Yes(id, $"kv/{result.Key}", 1);
            vote.Vote.Then.Results.Add(new IndexedResult { Index = i, Result = result });
            return vote;
        })]);
        return id;
    }

    private TransactionResult Repeat(string id) => world.Slot.When(Run(id, ran[id])).Reply().Transaction;
}
