using AkkaHa.Core.Entities;
using AkkaHa.Judge.Lists;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// The coordinator aborts at its deadline and is taken over while that row is on its way. The next owner has all votes before it has written anything.
/// Were it to answer then, the abort could still land before its own row.
/// </summary>
public sealed class RecoveryDecisionTests
{
    private const long TakeOverAt = 600;

    [Fact]
    public void After_recovery_nothing_is_told_before_it_is_durable() =>
        Assert.All(Enumerable.Range(1, 20), seed => Assert.Empty(Judge((ulong)seed, RuleSwitches.AllOn)));

    [Fact]
    public void Without_that_rule_a_transaction_is_answered_as_committed_and_is_aborted() =>
        Assert.Contains(Enumerable.Range(1, 10), seed => Judge((ulong)seed, RuleSwitches.AllOn with { DurableDecisionAfterRecovery = false }).Count > 0);

    private static IReadOnlyList<Judge.Violation> Judge(ulong seed, RuleSwitches rules)
    {
        var world = new SimulatedWorld(seed, rules, Faults.None, nodes: 2, shards: 4);
        var client = new Client(world, 0);
        var request = new TransactionRequest { TransactionId = "t", DeadlineSeconds = 0.3, Then = { Transactions.Append("a", "x "), Transactions.Append("b", "x ") } };
        var slot = world.Shards.TransactionSlotOf("t");
        var shard = world.Shards.ShardOf(slot);
        world.Journal.Direct = (id, rows) => id != slot ? null
            : rows.Any(r => r.Events.Any(e => e.TransactionAborted is not null)) ? new CommitFate(500, null)
            : rows.Any(r => r.Events.Any(e => e.TransactionCommitted is not null)) ? new CommitFate(900, null) : null;
        // The repeat of the request, and after it the votes, find the new owner while it recovers: they are its first batch.
        world.Network.Direct = (_, command) =>
            command.Vote is not null && world.Scheduler.Now < TakeOverAt ? [TakeOverAt + 1 - world.Scheduler.Now]
            : command.RunTransaction is not null && world.Scheduler.Now == TakeOverAt ? [0] : null;
        world.Scheduler.At(TakeOverAt, () => world.Cluster.RunnerOf(shard)!.Find(slot)!.Die());

        var history = new List<ListTransaction>();
        void Record(TransactionRequest of, long from, Reply reply)
        {
            if (reply.Transaction is { } result)
                history.Add(new ListTransaction($"{of.TransactionId} at {from}", ListEnd.Committed, from, world.Scheduler.Now,
                    [.. of.Then.Select((o, i) => new ListStep(o.Append?.Key ?? o.Get.Key, o.Append?.Value.ToStringUtf8().Trim(), result.Results[i].Text()?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? []))]));
        }
        world.Network.Call(slot, new Command { RunTransaction = request }, _ => { });
        world.Scheduler.At(TakeOverAt, () => world.Network.Call(slot, new Command { RunTransaction = request }, reply => Record(request, 0, reply)));
        world.RunUntil(20_000);
        var read = new TransactionRequest { TransactionId = "read", Then = { Transactions.Get("a"), Transactions.Get("b") } };
        world.Network.Call(world.Shards.TransactionSlotOf("read"), new Command { RunTransaction = read }, reply => Record(read, 20_000, reply));
        world.RunUntil(40_000);
        Assert.Contains(history, t => t.Id.StartsWith("read", StringComparison.Ordinal));
        if (!history.Exists(t => t.Id.StartsWith("t ", StringComparison.Ordinal)))
            history.Add(new ListTransaction("t", ListEnd.Unknown, 0, AkkaHa.Judge.Time.Never, [.. request.Then.Select(o => new ListStep(o.Append.Key, "x", null))]));
        return SerializabilityJudge.Judge(history);
    }
}
