namespace AkkaHa.Simulation.Tests.World;

/// <summary>The processes, and how a message finds one. A node that comes back comes back as a new one.</summary>
sealed class Cluster
{
    private readonly SimulatedWorld world;
    private readonly Node[] nodes;
    private readonly HashSet<(int, int)> cuts = [];
    private int nextNumber;

    public Cluster(SimulatedWorld world, int slots)
    {
        this.world = world;
        Allocation = new Allocation(slots, world.Shards.ShardCount);
        nodes = new Node[slots];
    }

    public Allocation Allocation { get; }

    /// <summary>The present incarnation in every place; it may be down.</summary>
    public IReadOnlyList<Node> Nodes => nodes;

    public void Start()
    {
        for (var slot = 0; slot < nodes.Length; slot++) Start(slot);
    }

    /// <summary>
    /// Where a message goes: to the node that its sender's side takes for the owner, or sometimes to another that runs the shard, rightly or not.
    /// Clients are on no side: they reach everybody.
    /// </summary>
    public Node? Route(Process? from, int shard)
    {
        var side = from is null ? world.Rng.Below(Allocation.IsSplit ? 2 : 1) : Allocation.SideOf(from.Slot);
        var target = nodes[Allocation.SlotFor(shard, side)];
        if (world.Rng.Chance(0.3))
        {
            var others = Array.FindAll(nodes, n => n != target && n.Runs(shard));
            if (others.Length > 0)
            {
                target = world.Rng.Pick(others);
                world.Count("sent to a stale owner");
            }
        }
        return target.Process.IsUp && !IsCut(from, target.Process) ? target : null;
    }

    public Node? RunnerOf(int shard) => Array.Find(nodes, n => n.Runs(shard));

    /// <summary>A fenced incarnation is followed by a new one, in the same process.</summary>
    public void Rebuild(Node old)
    {
        if (nodes[old.Process.Slot] == old) nodes[old.Process.Slot] = new Node(old.Process, nextNumber++);
    }

    public void Crash(int slot, long restartAfterMs)
    {
        if (!nodes[slot].Process.IsUp) return;
        world.Trace($"{nodes[slot]} crashes");
        nodes[slot].Process.Crash();
        world.Scheduler.After(restartAfterMs, () => Start(slot));
    }

    public void Cut(int one, int other) => cuts.Add((Math.Min(one, other), Math.Max(one, other)));

    public void Join(int one, int other) => cuts.Remove((Math.Min(one, other), Math.Max(one, other)));

    public void JoinAll() => cuts.Clear();

    private void Start(int slot) => nodes[slot] = new Node(new Process(world, slot), nextNumber++);

    private bool IsCut(Process? from, Process to) =>
        from is not null && cuts.Count > 0 && cuts.Contains((Math.Min(from.Slot, to.Slot), Math.Max(from.Slot, to.Slot)));
}
