using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.CrashPoints;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// The row that begins a transaction is lost when its Prepares have left already, and a client uses its id again for something else. A participant that has prepared the first says that this is another: nothing of
/// either may be done in part. In storms it takes too much at once for this to come up.
/// </summary>
public sealed class ReusedIdTests
{
    private const int Nodes = 4;

    [Fact]
    public void An_id_that_is_used_for_something_else_while_its_first_start_is_lost_does_either_or_nothing()
    {
        var (mismatches, aborted) = (0, 0);
        foreach (var seed in Enumerable.Range(1, 60).Select(i => (ulong)i))
        {
            var (told, votes) = Run(seed);
            mismatches += votes;
            if (told?.Code == ErrorCode.TxnAborted && told.Failure.Details.Fields["reason"].StringValue == AbortReason.Mismatch) aborted++;
        }
        Assert.True(mismatches > 0, "no participant said that it has prepared something else");
        Assert.True(aborted > 0, "nobody was told so");
    }

    private sealed record Told(Failure Failure)
    {
        public ErrorCode Code => Failure.Code;
    }

    private static (Told? Told, int Mismatches) Run(ulong seed)
    {
        var world = new SimulatedWorld(seed, RuleSwitches.AllOn, Faults.None, Nodes, shards: 2 * Nodes);
        var stage = new Stage(world.Shards, Nodes, together: false);
        var (one, other) = (stage.Key(1), stage.Key(2));
        var first = new TransactionRequest { TransactionId = stage.Id, Then = { Transactions.Append(one, "first "), Transactions.Append(other, "first ") } };
        var second = new TransactionRequest { TransactionId = stage.Id, Then = { Transactions.Append(one, "second "), Transactions.Append(other, "second ") } };
        var slot = world.Shards.TransactionSlotOf(stage.Id);
        world.RunUntil(3000);
        var from = world.Scheduler.Now;
        var isLost = false;
        world.Journal.Direct = (id, rows) =>
        {
            if (isLost || id != slot || !rows.Any(r => r.Events.Any(e => e.TransactionStarted is not null))) return null;
            isLost = true;
            return new CommitFate(null, 3);
        };
        var mismatches = 0;
        world.Network.Direct = (_, command) =>
        {
            if (command.Vote?.Kind == Vote.Types.Kind.Mismatch) mismatches++;
            return null;
        };
        var replies = new List<Reply>();
        world.Network.Call(slot, new Command { RunTransaction = first }, _ => { });
        world.Scheduler.At(from + 200, () => world.Network.Call(slot, new Command { RunTransaction = second }, replies.Add));
        world.RunUntil(from + 20_000);
        Assert.True(isLost);
        Reply? read = null;
        world.Network.Call(world.Shards.TransactionSlotOf("read"), new Command { RunTransaction = new TransactionRequest { TransactionId = "read", Then = { Transactions.Get(one), Transactions.Get(other) } } }, r => read = r);
        world.RunUntil(from + 40_000);
        var values = read!.Transaction.Results.Select(r => r.Text()).ToArray();
        Assert.True(values[0] == values[1], $"seed {seed}: {string.Join(" | ", values)}");
        var committed = replies.Exists(r => r.Transaction is not null);
        if (committed) Assert.Equal("second ", values[0]);
        else if (replies.Exists(r => r.Failure?.Code is ErrorCode.TxnAborted)) Assert.NotEqual("second ", values[0]);
        return (replies.Find(r => r.Failure is not null) is { } refused ? new Told(refused.Failure) : null, mismatches);
    }
}
