using AkkaHa.Chaos.Clients;
using AkkaHa.Chaos.Nodes;

namespace AkkaHa.Chaos.Nemeses;

/// <summary>Chooses nodes: preferably one that owns much of what is in use, and never so many at once that nobody is left to go on.</summary>
sealed class Victims(ChaosCluster cluster, RingWatch ring, InUse inUse)
{
    private static readonly TimeSpan InUse = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private readonly HashSet<int> taken = [];
    private int? wanted;

    /// <summary>Half of the nodes at most are away at once.</summary>
    private int TakenAtMost => Math.Max(1, cluster.Members.Count / 2);

    /// <summary>Nobody is away.</summary>
    public bool IsCalm
    {
        get
        {
            lock (gate) return taken.Count == 0;
        }
    }

    /// <summary>A node that nothing else takes away until <see cref="GiveBack"/>; null when there is none now.</summary>
    public ChaosNode? Take(Random random)
    {
        lock (gate)
        {
            if (taken.Count + (wanted is null ? 0 : 1) >= TakenAtMost) return null;
            var chosen = Choose(random, [.. cluster.Members.Where(n => n.Process.IsRunning && n.Index != wanted && !taken.Contains(n.Index))]);
            if (chosen is not null) taken.Add(chosen.Index);
            return chosen;
        }
    }

    /// <summary>This very node; false when something else has it, or too many are away. Then it is next.</summary>
    public bool TryTake(ChaosNode node)
    {
        lock (gate)
        {
            var took = taken.Count < TakenAtMost && taken.Add(node.Index);
            wanted = took ? null : node.Index;
            return took;
        }
    }

    public void GiveBack(ChaosNode node)
    {
        lock (gate) taken.Remove(node.Index);
    }

    /// <summary>A running node, for what takes nothing away.</summary>
    public ChaosNode? Any(Random random) => Choose(random, [.. cluster.Members.Where(n => n.Process.IsRunning)]);

    /// <summary>How many entities in use these nodes own.</summary>
    public int HotOwned(IReadOnlyCollection<ChaosNode> nodes) => inUse.Within(InUse).Count(e => ring.OwnerOf(e) is { } owner && nodes.Any(n => n.Index == owner));

    private ChaosNode? Choose(Random random, IReadOnlyList<ChaosNode> among)
    {
        if (among.Count == 0) return null;
        var owned = inUse.Within(InUse).Select(ring.OwnerOf).OfType<int>().CountBy(o => o).ToDictionary();
        var owners = among.Where(n => owned.ContainsKey(n.Index)).OrderByDescending(n => owned[n.Index]).ToArray();
        if (owners.Length == 0) return among[random.Next(among.Count)];
        // Mostly the one with the most; but not always the same.
        return random.Next(2) == 0 ? owners[0] : owners[random.Next(owners.Length)];
    }
}
