using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// One process. What it believes it runs and what it was granted are two things: the gate goes by the grants, and a node that lost one unawares
/// goes on for a while (a zombie), even after others have taken over.
/// </summary>
sealed class Node(SimulatedWorld world, int number)
{
    private readonly Dictionary<int, long> grants = [];
    private readonly Dictionary<int, long> believed = [];
    private readonly Dictionary<EntityId, EntityHost> hosts = [];
    private readonly HashSet<EntityId> dirty = [];
    private readonly long monoAtStart = world.Rng.Between(1, 1_000_000);
    private readonly long skewMs = world.Rng.Between(-world.Faults.SkewMs, world.Faults.SkewMs);

    public SimulatedWorld World => world;

    public int Number => number;

    public bool IsUp { get; private set; } = true;

    /// <summary>Whether its lease is valid.</summary>
    public bool LeaseOpen { get; set; } = true;

    public Moment Moment => new(SimulatedWorld.EpochMs + world.Scheduler.Now + skewMs, monoAtStart + world.Scheduler.Now);

    public IEnumerable<EntityHost> Hosts => hosts.Values.OrderBy(h => h.Id.ToString(), StringComparer.Ordinal);

    public long WorldTimeOf(long monoMs) => monoMs - monoAtStart;

    public bool IsOpen(int shard, long epoch) => IsUp && LeaseOpen && grants.GetValueOrDefault(shard) == epoch;

    public bool Believes(int shard) => IsUp && believed.ContainsKey(shard);

    public bool IsDirty(EntityId id) => dirty.Contains(id);

    public void MakeDirty(EntityId id) => dirty.Add(id);

    public void Clean(EntityId id) => dirty.Remove(id);

    public void Grant(int shard, long epoch)
    {
        StopBelieving(shard);
        grants[shard] = epoch;
        believed[shard] = epoch;
        WakeSlots(shard);
    }

    /// <summary>Another takes the shard; this node does not know yet, but its lease is over, so that its gate is closed.</summary>
    public void Revoke(int shard) => grants.Remove(shard);

    public void StopBelieving(int shard)
    {
        believed.Remove(shard);
        foreach (var host in Hosts.Where(h => world.Shards.ShardOf(h.Id) == shard).ToArray()) host.Die();
    }

    /// <summary>Recovery found a later owner.</summary>
    public void Drop(int shard, long epoch)
    {
        if (grants.GetValueOrDefault(shard) == epoch) grants.Remove(shard);
        if (believed.GetValueOrDefault(shard) == epoch) StopBelieving(shard);
    }

    /// <summary>Hands a live shard over: every activation stops after its write in flight, and only then is the grant given back.</summary>
    public void HandOver(int shard, Action released)
    {
        if (!believed.TryGetValue(shard, out var epoch)) return;
        believed.Remove(shard);
        var left = Hosts.Where(h => world.Shards.ShardOf(h.Id) == shard).ToArray();
        var open = left.Length;
        foreach (var host in left) host.StopThen(() => Down());
        if (left.Length == 0)
        {
            open = 1;
            Down();
        }

        void Down()
        {
            if (--open > 0 || !IsUp || grants.GetValueOrDefault(shard) != epoch) return;
            grants.Remove(shard);
            released();
        }
    }

    public void Deliver(EntityId to, Command command, long callId)
    {
        var shard = world.Shards.ShardOf(to);
        if (!IsUp || !believed.TryGetValue(shard, out var epoch)) return;
        Host(to, epoch).Deliver(command, callId);
    }

    private EntityHost Host(EntityId id, long epoch) => hosts.TryGetValue(id, out var host) ? host : hosts[id] = new EntityHost(this, id, epoch);

    public void Stopped(EntityHost host)
    {
        if (hosts.GetValueOrDefault(host.Id) != host) return;
        hosts.Remove(host.Id);
        // Slots are remembered: what must happen by itself does not wait to be asked.
        if (host.Id.Kind is EntityId.SessionKind or EntityId.TransactionKind)
            world.Scheduler.After(world.Rng.Between(10, 200), () => WakeSlots(world.Shards.ShardOf(host.Id)));
    }

    private void WakeSlots(int shard)
    {
        if (!Believes(shard)) return;
        foreach (var slot in new[] { EntityId.SessionSlot(shard), EntityId.TransactionSlot(shard) })
            if (!hosts.ContainsKey(slot)) Deliver(slot, new Command { Entity = slot.ToString(), Wake = new Wake() }, 0);
    }

    public void Passivate()
    {
        foreach (var host in Hosts.Where(h => h.IsIdle).ToArray()) host.StopThen(() => { });
    }

    public void Crash()
    {
        IsUp = false;
        foreach (var host in hosts.Values) host.Vanish();
        hosts.Clear();
        grants.Clear();
        believed.Clear();
    }

    public override string ToString() => $"n{number}";
}
