using AkkaHa.Messages.Placement;
using AkkaHa.Core.Placement;

namespace AkkaHa.Cli.Ring;

/// <summary>The ring of Karger et al., 1997, with virtual nodes and no bound: the same points as ours, the first one takes all.</summary>
sealed class UnboundedRing(int replicas) : IPlacement
{
    public string Name => "unbounded ring";

    public bool Bounded => false;

    public string[] Place(IReadOnlyList<string> nodes, int shards)
    {
        var owners = nodes.SelectMany(node => Enumerable.Repeat(node, replicas)).ToArray();
        var points = owners.Select((node, i) => RingHash.OfRingPoint(node, i % replicas)).ToArray();
        Array.Sort(points, owners);
        var placed = new string[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            var point = Array.BinarySearch(points, RingHash.OfShard(shard));
            placed[shard] = owners[(point < 0 ? ~point : point) % owners.Length];
        }

        return placed;
    }
}

/// <summary>Hash modulo the number of nodes: the balance of chance, and nearly everything moves.</summary>
sealed class ModuloHashing : IPlacement
{
    public string Name => "modulo";

    public bool Bounded => false;

    public string[] Place(IReadOnlyList<string> nodes, int shards) =>
        [.. Enumerable.Range(0, shards).Select(shard => nodes[(int)(RingHash.OfShard(shard) % (ulong)nodes.Count)])];
}

/// <summary>
/// Rendezvous hashing (Thaler and Ravishankar, 1998): each shard goes to the node that scores highest with it. Least
/// movement, the balance of chance, and as many scores as shards × nodes.
/// </summary>
sealed class RendezvousHashing : IPlacement
{
    public string Name => "rendezvous";

    public bool Bounded => false;

    public string[] Place(IReadOnlyList<string> nodes, int shards)
    {
        var hashes = nodes.Select(StableHash.Of).ToArray();
        var placed = new string[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            var hash = RingHash.OfShard(shard);
            var best = 0;
            var highest = 0UL;
            for (var node = 0; node < hashes.Length; node++)
            {
                var score = Mix(hashes[node] ^ hash);
                if (score > highest)
                    (best, highest) = (node, score);
            }

            placed[shard] = nodes[best];
        }

        return placed;
    }

    // The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
