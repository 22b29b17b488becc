using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// One incarnation of a node: its lease, its grants, the shards that it runs and their entities. What it runs and what it was granted are two things: the
/// gate goes by the grants and the lease, and a node from which a shard was taken goes on for a while (a zombie).
/// </summary>
sealed class Node
{
    private readonly Dictionary<int, long> grants = [];
    private readonly ShardRun[] runs;
    private readonly Dictionary<EntityId, EntityHost> hosts = [];
    private readonly HashSet<EntityId> dirty = [];

    public Node(Process process, int number)
    {
        Process = process;
        Number = number;
        Name = $"n{number}";
        Heartbeat = new Heartbeat(this);
        runs = [.. Enumerable.Range(0, World.Shards.ShardCount).Select(shard => new ShardRun(this, shard))];
        Heartbeat.Start();
        Look();
    }

    public Process Process { get; }

    public SimulatedWorld World => Process.World;

    public int Number { get; }

    public string Name { get; }

    public Heartbeat Heartbeat { get; }

    public bool IsStopped { get; private set; }

    public Moment Moment => Process.Clock.Moment;

    public IEnumerable<EntityHost> Hosts => hosts.Values.OrderBy(h => h.Id.ToString(), StringComparer.Ordinal);

    /// <summary>The gate: what is decided here under this epoch may leave now.</summary>
    public bool IsOpen(int shard, long epoch) => grants.GetValueOrDefault(shard) == epoch && Heartbeat.IsOpen;

    /// <summary>The same for whatever epoch it has.</summary>
    public bool HasOpen(int shard) => grants.ContainsKey(shard) && Process.IsUp && Heartbeat.IsOpen;

    public bool Holds(int shard) => grants.ContainsKey(shard);

    /// <summary>Whether messages for the shard that reach this node go into entities.</summary>
    public bool Runs(int shard) => !IsStopped && Process.IsUp && runs[shard].IsRunning;

    /// <summary>The rows say that the shard is this node's: it neither has it nor is about to.</summary>
    public bool IsOrphan(int shard) => !grants.ContainsKey(shard) && !runs[shard].IsTaking;

    public bool IsDirty(EntityId id) => dirty.Contains(id);

    public void MakeDirty(EntityId id) => dirty.Add(id);

    public void Clean(EntityId id) => dirty.Remove(id);

    public void Enter(int shard, long epoch)
    {
        grants[shard] = epoch;
        WakeSlots(shard);
        // The index tells of them, some time later.
        Process.After(World.Rng.Between(500, 3000), () => WakeLocks(shard));
    }

    public void Leave(int shard) => grants.Remove(shard);

    public void Release(int shard, long epoch) =>
        World.Database.Transact(Process, () => { World.Database.Tables.Release(shard, Name, epoch); return true; }, _ => { }, () => { });

    /// <summary>Every now and then: which shards are to be run here, as far as this node has heard.</summary>
    private void Look()
    {
        if (IsStopped) return;
        foreach (var run in runs) run.Look(World.Cluster.Allocation.IsFor(Process.Slot, run.Shard));
        Process.After(World.Rng.Between(30, World.Faults.HearsLateMs), Look);
    }

    public void Deliver(EntityId to, Command command, long callId)
    {
        if (!IsStopped) runs[World.Shards.ShardOf(to)].Deliver(to, command, callId);
    }

    /// <summary>Into the entity, which is made when it is not there.</summary>
    public void Run(EntityId to, long epoch, Command command, long callId)
    {
        if (!hosts.TryGetValue(to, out var host)) hosts[to] = host = new EntityHost(this, to, epoch);
        // One that is about to end is waited for: the next one takes its messages.
        if (host.IsEnding) Process.After(World.Rng.Between(1, 5), () => Deliver(to, command, callId));
        else host.Deliver(command, callId);
    }

    public IReadOnlyList<EntityHost> HostsOf(int shard) => [.. Hosts.Where(h => World.Shards.ShardOf(h.Id) == shard)];

    public EntityHost? Find(EntityId id) => hosts.GetValueOrDefault(id);

    public void Stopped(EntityHost host)
    {
        if (hosts.GetValueOrDefault(host.Id) != host) return;
        hosts.Remove(host.Id);
        // Slots are remembered: what must happen by itself does not wait to be asked.
        if (host.Id.Kind is EntityId.SessionKind or EntityId.TransactionKind)
            Process.After(World.Rng.Between(10, 200), () => WakeSlots(World.Shards.ShardOf(host.Id)));
        if (host.Id.Kind == EntityId.LockKind) Process.After(World.Rng.Between(10, 1000), () => WakeLocks(World.Shards.ShardOf(host.Id)));
    }

    /// <summary>Recovery found a later owner.</summary>
    public void Supersede(int shard, long epoch)
    {
        if (grants.GetValueOrDefault(shard) != epoch) return;
        grants.Remove(shard);
        runs[shard].Lose();
    }

    private void WakeSlots(int shard)
    {
        if (!Runs(shard)) return;
        foreach (var slot in (ReadOnlySpan<EntityId>)[EntityId.SessionSlot(shard), EntityId.TransactionSlot(shard)])
            if (!hosts.ContainsKey(slot)) Deliver(slot, new Command { Entity = slot.ToString(), Wake = new Wake() }, 0);
    }

    private void WakeLocks(int shard)
    {
        if (!World.Rules.LocksWake || !Runs(shard)) return;
        foreach (var id in World.Journal.LocksInUse.Where(id => World.Shards.ShardOf(id) == shard && !hosts.ContainsKey(id)).ToArray())
            Deliver(id, new Command { Entity = id.ToString(), GetLock = new GetLockRequest { Name = id.Name } }, 0);
    }

    public void Passivate()
    {
        foreach (var host in Hosts.Where(h => h.IsIdle).ToArray()) host.StopThen(null);
    }

    /// <summary>This incarnation is over: everything stops, and the process goes on as a new one.</summary>
    public void Fenced()
    {
        if (IsStopped) return;
        World.Trace($"{this} finds itself fenced");
        World.Count("found itself fenced");
        IsStopped = true;
        grants.Clear();
        foreach (var host in Hosts.ToArray()) host.Die();
        Process.After(World.Rng.Between(50, 1000), () => World.Cluster.Rebuild(this));
    }

    public override string ToString() => Name;
}
