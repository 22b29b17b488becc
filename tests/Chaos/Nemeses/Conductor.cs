using AkkaHa.Chaos.Clients;
using AkkaHa.Chaos.Nodes;

namespace AkkaHa.Chaos.Nemeses;

/// <summary>Lets the planned faults happen, several at once, but only beside what they can happen beside.</summary>
sealed class Conductor(ChaosCluster cluster, Victims victims, Bench bench, TextWriter log)
{
    private const int WaitingAtMost = 8;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Strikes strikes = new(cluster);
    private readonly Restarts restarts = new(cluster, victims, log);
    private readonly List<Task> underWay = [];
    private readonly HashSet<Reach> busy = [];

    /// <summary>Runs until the time is over and everything is healed.</summary>
    public async Task RunAsync(IEnumerable<PlannedFault> plan, CancellationToken until)
    {
        using var faults = plan.GetEnumerator();
        var waiting = new List<PlannedFault>();
        faults.MoveNext();
        var due = DateTime.UtcNow;
        while (!until.IsCancellationRequested)
        {
            if (DateTime.UtcNow >= due && waiting.Count < WaitingAtMost)
            {
                waiting.Add(faults.Current);
                faults.MoveNext();
                due = DateTime.UtcNow + faults.Current.After;
            }
            // What can't be now waits, and others go first.
            waiting.RemoveAll(f => Begin(f, until) is { } begun && Add(begun));
            underWay.RemoveAll(t => t.IsCompletedSuccessfully);
            if (underWay.FirstOrDefault(t => t.IsFaulted) is { } broken) await broken;
            await Task.Delay(Tick, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(underWay);
    }

    private bool Add(Task begun)
    {
        underWay.Add(begun);
        return true;
    }

    /// <summary>Null: not now.</summary>
    private Task? Begin(PlannedFault planned, CancellationToken until)
    {
        var random = new Random(planned.Seed);
        switch (planned.Nemesis.Reach)
        {
            case Reach.Node:
                return victims.Take(random) is { } node ? StrikeAsync(planned.Nemesis, [(planned.Nemesis.Name, node)], planned.Length, random) : null;
            case Reach.Links:
                return victims.Any(random) is { } any ? StrikeAsync(planned.Nemesis, [(planned.Nemesis.Name, any)], planned.Length, random) : null;
            case Reach.Database:
                return TryClaim(Reach.Database) ? ThenFreeAsync(Reach.Database, StrikeAsync(planned.Nemesis, [(planned.Nemesis.Name, null)], planned.Length, random)) : null;
            case Reach.Several:
                return victims.IsCalm && TryClaim(Reach.Several) ? ThenFreeAsync(Reach.Several, StrikeAsync(planned.Nemesis, Several(random), planned.Length, random)) : null;
            case Reach.EveryNode:
                return TryClaim(Reach.EveryNode) ? ThenFreeAsync(Reach.EveryNode, RollAsync(planned, until)) : null;
            case Reach.Spare:
                return TryClaim(Reach.Spare) ? ThenFreeAsync(Reach.Spare, MoveSpareAsync()) : null;
            default:
                throw new InvalidOperationException($"{planned.Nemesis.Reach} is not known");
        }
    }

    private async Task ThenFreeAsync(Reach reach, Task fault)
    {
        try
        {
            await fault;
        }
        finally
        {
            Free(reach);
        }
    }

    /// <summary>Of these there is one at a time.</summary>
    private bool TryClaim(Reach reach)
    {
        lock (busy) return busy.Add(reach);
    }

    private void Free(Reach reach)
    {
        lock (busy) busy.Remove(reach);
    }

    /// <summary>Two or three kinds, each on a node of its own where it takes one away.</summary>
    private IReadOnlyList<(string Name, ChaosNode? Victim)> Several(Random random)
    {
        var names = Nemesis.Parts.Where(p => cluster.Database is not null || p is not (Nemesis.CutDatabase or Nemesis.DatabaseKill)).ToArray();
        random.Shuffle(names);
        var parts = new List<(string, ChaosNode?)>();
        foreach (var name in names)
        {
            if (parts.Count == 3) break;
            switch (Nemesis.Of(name).Reach)
            {
                case Reach.Node when victims.Take(random) is { } node: parts.Add((name, node)); break;
                case Reach.Links when victims.Any(random) is { } node: parts.Add((name, node)); break;
                case Reach.Database when TryClaim(Reach.Database): parts.Add((name, null)); break;
            }
        }
        return parts;
    }

    private async Task StrikeAsync(Nemesis nemesis, IReadOnlyList<(string Name, ChaosNode? Victim)> parts, TimeSpan length, Random random)
    {
        var hit = parts.Select(p => p.Victim).OfType<ChaosNode>().Distinct().ToArray();
        var fault = new Fault(nemesis, hit, victims.HotOwned(hit), bench.Now);
        Say($"{nemesis.Name} {string.Join(" + ", parts.Select(p => parts.Count > 1 ? $"{p.Name} {p.Victim?.Name}" : p.Victim?.Name))}");
        try
        {
            var details = await Task.WhenAll(parts.Select(p => Task.Run(() => strikes.RunAsync(p.Name, p.Victim, length, new Random(random.Next())))));
            bench.Recorder.Add(fault.Done(bench.Now, string.Join(" + ", parts.Zip(details, (p, d) => parts.Count > 1 ? $"{p.Name} {p.Victim?.Name}: {d}" : d))));
        }
        finally
        {
            foreach (var (name, victim) in parts)
            {
                if (Nemesis.Of(name).Reach == Reach.Database && nemesis.Reach == Reach.Several) Free(Reach.Database);
                // It counts as away until it has found its way back.
                if (Nemesis.Of(name).Reach == Reach.Node) _ = restarts.RecoverAsync(victim!);
            }
        }
    }

    private async Task RollAsync(PlannedFault planned, CancellationToken until)
    {
        var nodes = cluster.Members.ToArray();
        new Random(planned.Seed).Shuffle(nodes);
        var fault = new Fault(planned.Nemesis, nodes, victims.HotOwned(nodes), bench.Now);
        Say($"{planned.Nemesis.Name} {string.Join(" ", nodes.Select(n => n.Name))}");
        var detail = await restarts.RollAsync(nodes, planned.Length, until);
        bench.Recorder.Add(fault.Done(bench.Now, detail));
    }

    private async Task MoveSpareAsync()
    {
        var spare = cluster.Spare;
        var joins = !spare.Process.IsRunning;
        // Who joins owned nothing before.
        ChaosNode[] hit = joins ? [] : [spare];
        var fault = new Fault(Nemesis.Of(joins ? Nemesis.Join : Nemesis.Leave), hit, victims.HotOwned(hit), bench.Now);
        Say($"{fault.Nemesis.Name} {spare.Name}");
        var detail = joins ? await restarts.JoinAsync(spare) : await restarts.LeaveAsync(spare);
        bench.Recorder.Add(fault.Done(bench.Now, detail));
    }

    private void Say(string what) => log.WriteLine($"{bench.Now / 1e6,8:0.0}  {what}");
}
