using AkkaHa.Messages;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>Who owns which shard, and everything that can happen to that. A node that comes back comes back as a new one.</summary>
sealed class Cluster
{
    private sealed class Shard
    {
        public long Epoch { get; set; }

        public Node? Owner { get; set; }

        public bool Moving { get; set; }
    }

    private readonly SimulatedWorld world;
    private readonly Node[] nodes;
    private readonly List<Node> gone = [];
    private readonly Shard[] shards;
    private int nextNumber;

    public Cluster(SimulatedWorld world, int nodeCount)
    {
        this.world = world;
        nodes = [.. Enumerable.Range(0, nodeCount).Select(_ => new Node(world, nextNumber++))];
        shards = [.. Enumerable.Range(0, world.Shards.ShardCount).Select(_ => new Shard())];
        for (var shard = 0; shard < shards.Length; shard++) Take(shard, nodes[shard % nodeCount]);
        Every(() => world.Faults.CrashEveryMs, CrashOne);
        Every(() => world.Faults.MoveEveryMs, MoveOne);
        Every(() => world.Faults.LeaseLostEveryMs, LoseLease);
        Every(() => world.Faults.PassivateEveryMs, () => world.Rng.Pick(nodes).Passivate());
        Every(() => world.Faults.ActivationDiesEveryMs, KillActivation);
    }

    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>Where a message to this entity goes: to the owner, or sometimes to one who still believes to be.</summary>
    public Node? Route(EntityId to)
    {
        var shard = world.Shards.ShardOf(to);
        var zombies = nodes.Concat(gone).Where(n => n != shards[shard].Owner && n.Believes(shard)).ToArray();
        if (zombies.Length > 0 && world.Rng.Chance(0.3)) return world.Rng.Pick(zombies);
        return shards[shard].Owner is { IsUp: true } owner && owner.Believes(shard) ? owner : null;
    }

    public Node? OwnerOf(int shard) => shards[shard].Owner;

    public void Take(int shard, Node by)
    {
        var row = shards[shard];
        row.Epoch++;
        row.Owner = by;
        row.Moving = false;
        world.Trace($"{by} takes shard {shard} as #{row.Epoch}");
        by.Grant(shard, row.Epoch);
    }

    /// <summary>From under a node that does not notice for a while.</summary>
    public void TakeUnawares(int shard, Node by, long zombieMs)
    {
        if (shards[shard].Owner is { } old && old != by)
        {
            old.Revoke(shard);
            var epoch = shards[shard].Epoch;
            world.Scheduler.After(zombieMs, () => old.Drop(shard, epoch));
        }
        Take(shard, by);
    }

    private void Every(Func<int> ms, Action action)
    {
        void Next() => world.Scheduler.After(ms() == 0 ? 1000 : world.Rng.Between(1, 2 * ms()), () =>
        {
            if (ms() > 0) action();
            Next();
        });
        Next();
    }

    private void MoveOne()
    {
        var number = world.Rng.Below(shards.Length);
        var target = world.Rng.Pick(nodes);
        var shard = shards[number];
        if (!target.IsUp || shard.Moving || shard.Owner is not { IsUp: true } owner || owner == target) return;
        if (world.Rng.Chance(world.Faults.TakenUnawares))
        {
            TakeUnawares(number, target, world.Rng.Between(1, world.Faults.ZombieMs));
            return;
        }
        shard.Moving = true;
        var epoch = shard.Epoch;
        owner.HandOver(number, () => world.Scheduler.After(world.Rng.Between(1, 100), () =>
        {
            if (shard.Epoch == epoch) Take(number, target.IsUp && nodes.Contains(target) ? target : AnyUp(number));
        }));
    }

    private void CrashOne()
    {
        if (nodes.Count(n => n.IsUp) < 2) return;
        Crash(world.Rng.Pick(nodes), restartAfterMs: world.Rng.Between(500, 4000));
    }

    public void Crash(Node node, long restartAfterMs)
    {
        if (!node.IsUp) return;
        world.Trace($"{node} crashes");
        node.Crash();
        for (var i = 0; i < shards.Length; i++)
        {
            var number = i;
            if (shards[number].Owner != node) continue;
            world.Scheduler.After(world.Rng.Between(50, 2000), () =>
            {
                if (shards[number].Owner == node) Take(number, AnyUp(number));
            });
        }
        world.Scheduler.After(restartAfterMs, () => nodes[Array.IndexOf(nodes, node)] = new Node(world, nextNumber++));
    }

    /// <summary>The node can't renew: it stops answering. Often that passes; sometimes it is fenced, loses all, and comes back as another.</summary>
    private void LoseLease()
    {
        var node = world.Rng.Pick(nodes);
        if (!node.IsUp || !node.LeaseOpen) return;
        node.LeaseOpen = false;
        if (world.Rng.Chance(0.7) || nodes.Count(n => n.IsUp) < 2)
        {
            world.Trace($"{node} closes for a while");
            world.Scheduler.After(world.Rng.Between(50, 2500), () => node.LeaseOpen = true);
            return;
        }
        world.Trace($"{node} is fenced");
        nodes[Array.IndexOf(nodes, node)] = new Node(world, nextNumber++);
        gone.Add(node);
        for (var number = 0; number < shards.Length; number++)
            if (shards[number].Owner == node) TakeUnawares(number, AnyUp(number), world.Rng.Between(1, world.Faults.ZombieMs));
        world.Scheduler.After(2 * world.Faults.ZombieMs, () =>
        {
            node.Crash();
            gone.Remove(node);
        });
    }

    private void KillActivation()
    {
        var hosts = nodes.SelectMany(n => n.Hosts).ToArray();
        if (hosts.Length > 0) world.Rng.Pick(hosts).Die();
    }

    private Node AnyUp(int shard)
    {
        var up = nodes.Where(n => n.IsUp && n != shards[shard].Owner).ToArray();
        return up.Length > 0 ? world.Rng.Pick(up) : nodes.First(n => n.IsUp);
    }
}
