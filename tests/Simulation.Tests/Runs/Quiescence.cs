using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>After healing and some time, nothing is left open anywhere: whatever was begun has come to its end by itself.</summary>
static class Quiescence
{
    public static void Check(SimulatedWorld world)
    {
        // Whoever sleeps is woken by a touch: what it finds open, it must then bring to an end.
        foreach (var id in world.Journal.Entities)
            world.Network.Call(id, Touch(id), _ => { });
        world.RunUntil(world.Scheduler.Now + 30_000);
        foreach (var id in world.Journal.Entities)
            world.Network.Call(id, Touch(id), _ => { });
        world.RunUntil(world.Scheduler.Now + 100);
        foreach (var host in world.Cluster.Nodes.SelectMany(n => n.Hosts))
        {
            if (host.Settled is not { } entity) continue;
            if (host.OpenCalls > 0) world.Fail("quiet", $"{host.Id} owes {host.OpenCalls} answers");
            if (entity.IsPersisting) continue;
            foreach (var open in Open(entity.TakeSnapshot())) world.Fail("quiet", $"{host.Id}: {open}");
        }
        world.Sweeper?.CheckDone();
        foreach (var twice in world.Journal.Entities.Where(e => e.Kind == EntityId.SessionKind).SelectMany(e => world.Journal.Get(e).All).Where(r => r.Events.Any(e => e.SessionCreated is not null)).GroupBy(r => r.RequestId).Where(g => g.Count() > 1))
            world.Fail("quiet", $"request {twice.Key} has created {twice.Count()} sessions");
    }

    private static Command Touch(EntityId id) => id.Kind switch
    {
        EntityId.KeyKind => new Command { Entity = id.ToString(), GetKey = new GetKeyRequest { Key = id.Name } },
        EntityId.LockKind => new Command { Entity = id.ToString(), GetLock = new GetLockRequest { Name = id.Name } },
        _ => new Command { Entity = id.ToString(), Wake = new Wake() },
    };

    private static IEnumerable<string> Open(Snapshot snapshot)
    {
        var participant = snapshot.Key?.Participant ?? snapshot.Lock?.Participant ?? snapshot.Sessions?.Participant;
        foreach (var prepared in participant?.Prepared ?? []) yield return $"still holds intents of {prepared.Prepared.TransactionId}";
        foreach (var transaction in snapshot.Transactions?.Transactions ?? [])
            if (!transaction.Settled) yield return $"transaction {transaction.Started.TransactionId} is not settled";
        foreach (var holder in snapshot.Lock?.Holders ?? []) yield return $"is held by {holder.Grant.SessionId}";
        foreach (var waiter in snapshot.Lock?.Waiters ?? []) yield return $"is waited for by {waiter.Waiter.SessionId}";
        foreach (var work in snapshot.Sessions?.MultiLocks.Where(w => w.GrantedMs == 0 || w.Undoing is not null) ?? []) yield return $"acquireAll {work.Started.RequestId} is under way";
        foreach (var loss in snapshot.Lock?.Losses ?? []) yield return $"has not told {loss.SessionId} that fence {loss.Fence} is lost";
        foreach (var session in snapshot.Sessions?.Sessions ?? []) yield return $"session {session.SessionId} lives";
    }
}
