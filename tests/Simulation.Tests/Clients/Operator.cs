using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Resolves transactions without participants, whether those are lost or not: at whatever moment, it must change no outcome.</summary>
static class Operator
{
    private const long EveryMs = 50;

    /// <summary>Now and then while it runs, without one of those who take part.</summary>
    public static void Resolve(Client client, TransactionRequest request)
    {
        EntityId[] participants = [.. new TransactionPlan(request).Participants];
        for (var times = client.Rng.Between(1, 8); times > 0; times--)
        {
            var without = client.Rng.Pick(participants);
            client.World.Scheduler.After(client.Rng.Between(0, 6000), () => Send(client.World, request.TransactionId, without));
        }
    }

    /// <summary>Again and again, without each of them, until it is over.</summary>
    public static void Insist(SimulatedWorld world, string transactionId, IReadOnlyList<EntityId> participants, Func<bool> isOver)
    {
        if (isOver()) return;
        foreach (var participant in participants) Send(world, transactionId, participant);
        world.Scheduler.After(EveryMs, () => Insist(world, transactionId, participants, isOver));
    }

    private static void Send(SimulatedWorld world, string transactionId, EntityId without)
    {
        var slot = world.Shards.TransactionSlotOf(transactionId);
        world.Network.Call(slot, new Command { Entity = slot.ToString(), ResolveTransaction = new ResolveTransactionRequest { TransactionId = transactionId, Without = without.ToString(), GiveUp = true } }, _ => { });
    }
}
