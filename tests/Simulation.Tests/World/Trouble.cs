namespace AkkaHa.Simulation.Tests.World;

/// <summary>What happens to processes, to the ways between them, and to who is to own what, while the storm lasts.</summary>
sealed class Trouble(SimulatedWorld world)
{
    private bool over;

    private Cluster Cluster => world.Cluster;

    private Rng Rng => world.Rng;

    public void Begin()
    {
        var f = world.Faults;
        Every(f.CrashEveryMs, () => Strike(slot =>
        {
            if (Cluster.Nodes.Count(n => n.Process.IsUp) > 1) Cluster.Crash(slot, restartAfterMs: Rng.Between(300, 4000));
        }));
        Every(f.PauseEveryMs, () => Strike(Pause));
        Every(f.DatabaseCutEveryMs, () => Strike(CutFromDatabase));
        Every(f.OutageEveryMs, () =>
        {
            world.Trace("the database is gone");
            world.Count("outage");
            world.Database.GoOut(Rng.Between(1, f.DownMs));
        });
        Every(f.PartitionEveryMs, CutTwo);
        Every(f.SplitEveryMs, () => Split(Rng.Between(500, 8000)));
        Every(f.MoveEveryMs, () => Cluster.Allocation.Move(Rng.Below(world.Shards.ShardCount), Rng.Below(Cluster.Nodes.Count)));
        Every(f.SuspectEveryMs, () => Suspect(Rng.Below(Cluster.Nodes.Count)));
        Every(f.FenceEveryMs, () => Fence(Rng.Pick(Cluster.Nodes), Rng.Pick(Cluster.Nodes)));
        Every(f.ActivationDiesEveryMs, KillActivation);
    }

    /// <summary>Nothing new; what is broken is whole again.</summary>
    public void End()
    {
        over = true;
        Cluster.JoinAll();
        Cluster.Allocation.Heal();
        foreach (var node in Cluster.Nodes) node.Process.IsCutFromDatabase = false;
    }

    /// <summary>Not a fault at all: those that have nothing to do go to sleep.</summary>
    public void PassivateEvery(int ms) => Repeat(ms, () => Rng.Pick(Cluster.Nodes).Passivate(), () => false);

    private void Every(int ms, Action action) => Repeat(ms, action, () => over);

    private void Repeat(int ms, Action action, Func<bool> until)
    {
        if (ms == 0) return;
        void Next() => world.Scheduler.After(Rng.Between(ms / 2, ms + (ms / 2)), () =>
        {
            if (until()) return;
            action();
            Next();
        });
        Next();
    }

    /// <summary>Something that befalls one node, which its peers often, but not always, notice; sometimes when it is over already.</summary>
    private void Strike(Action<int> what)
    {
        var slot = Rng.Below(Cluster.Nodes.Count);
        what(slot);
        if (Rng.Chance(0.7)) world.Scheduler.After(Rng.Between(50, 3000), () =>
        {
            if (!over) Suspect(slot);
        });
    }

    /// <summary>Others get its shards. Those who are sure of its end fence it at once; else whoever takes a shard does, when the lease has run out.</summary>
    private void Suspect(int slot)
    {
        world.Trace($"{Cluster.Nodes[slot]} is taken for lost");
        Cluster.Allocation.Lose(slot, Rng);
        if (Rng.Chance(world.Faults.SuspectsFenced)) Fence(Rng.Pick(Cluster.Nodes), Cluster.Nodes[slot]);
    }

    private void Fence(Node by, Node whom)
    {
        if (by == whom || world.NobodyIsFenced) return;
        by.Process.Run(() =>
        {
            if (!by.IsStopped) world.Database.Transact(by.Process, () => { world.Database.Tables.Fence(by.Name, whom.Name); return true; }, _ => { }, () => { });
        });
    }

    private void Pause(int slot)
    {
        world.Count("paused anywhere");
        Cluster.Nodes[slot].Process.Pause(Rng.Between(10, world.Faults.PauseMs));
    }

    private void CutFromDatabase(int slot)
    {
        var process = Cluster.Nodes[slot].Process;
        world.Count("cut from the database");
        world.Trace($"{Cluster.Nodes[slot]} is cut from the database");
        process.IsCutFromDatabase = true;
        world.Scheduler.After(Rng.Between(100, Math.Max(100, world.Faults.DownMs)), () => process.IsCutFromDatabase = false);
    }

    private void CutTwo()
    {
        var (one, other) = (Rng.Below(Cluster.Nodes.Count), Rng.Below(Cluster.Nodes.Count));
        if (one == other) return;
        world.Count("two nodes cut from each other");
        Cluster.Cut(one, other);
        world.Scheduler.After(Rng.Between(100, 4000), () => Cluster.Join(one, other));
    }

    private void Split(long ms)
    {
        if (Cluster.Allocation.IsSplit) return;
        world.Count("two coordinators");
        world.Trace("two coordinators");
        Cluster.Allocation.Split(Rng);
        for (var one = 0; one < Cluster.Nodes.Count; one++)
            for (var other = 0; other < one; other++)
                if (Cluster.Allocation.SideOf(one) != Cluster.Allocation.SideOf(other)) Cluster.Cut(one, other);
        // Each side takes the other for lost.
        for (var slot = 0; slot < Cluster.Nodes.Count; slot++) Cluster.Allocation.LoseAcross(slot, Rng);
        world.Scheduler.After(ms, () =>
        {
            if (over) return;
            Cluster.Allocation.Heal();
            Cluster.JoinAll();
        });
    }

    private void KillActivation()
    {
        var hosts = Cluster.Nodes.SelectMany(n => n.Hosts).ToArray();
        if (hosts.Length > 0) Rng.Pick(hosts).Die();
    }
}
