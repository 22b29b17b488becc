using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// How late an answer may come: the slot decides in its first turn after the deadline, and answers when that is durable. So: what its timer is late by, the write that was in flight,
/// and the write of the decision.
/// </summary>
public sealed class DeadlineTests
{
    private const long TimerLateAtMostMs = 300;
    private const long WriteAtMostMs = 8 + 3 + 5;
    private const long MessageAtMostMs = 4;

    [Fact]
    public void With_a_participant_that_never_answers_the_abort_comes_after_the_deadline_and_two_writes() => Assert.All(Enumerable.Range(1, 40), seed =>
    {
        var world = new SimulatedWorld((ulong)seed, RuleSwitches.AllOn, Faults.None, nodes: 2, shards: 4);
        var client = new Client(world, 0);
        world.Network.Direct = (to, command) => command.Prepare is not null && to == EntityId.Key("gone") ? [] : null;
        var request = new TransactionRequest { TransactionId = client.NewRequestId(), DeadlineSeconds = 1.5, Then = { Transactions.Put("there", "x"), Transactions.Put("gone", "x") } };
        var slot = world.Shards.TransactionSlotOf(request.TransactionId);
        world.RunUntil(2000);
        var sentAt = world.Scheduler.Now;
        Reply? reply = null;
        var answeredAt = 0L;
        world.Network.Call(slot, new Command { Entity = slot.ToString(), RunTransaction = request }, r => (reply, answeredAt) = (r, world.Scheduler.Now));
        // Others keep the slot's writes busy.
        for (var at = sentAt; at < sentAt + 2000; at += 3)
            world.Scheduler.At(at, () => world.Network.Call(slot, new Command { Entity = slot.ToString(), ResolveTransaction = new ResolveTransactionRequest { TransactionId = client.NewRequestId() } }, _ => { }));
        world.RunUntil(sentAt + 10_000);
        Assert.Equal("deadline", reply?.Failure.Details.Fields["reason"].StringValue);
        Assert.InRange(answeredAt - sentAt, 1500, 1500 + TimerLateAtMostMs + (2 * WriteAtMostMs) + (2 * MessageAtMostMs) + 10);
    });
}
