using System.Collections.Immutable;

namespace AkkaHa.Core.Placement;

/// <summary>Which node each shard is placed on: one whole, immutable outcome of a <see cref="HashRing"/>.</summary>
public sealed class Assignment
{
    readonly int[] owners;
    readonly int[] loads;

    internal Assignment(ImmutableArray<RingNode> nodes, int[] owners)
    {
        Nodes = nodes;
        this.owners = owners;
        loads = new int[nodes.Length];
        foreach (var owner in owners)
            loads[owner]++;
    }

    /// <summary>The nodes, in ordinal order of id.</summary>
    public ImmutableArray<RingNode> Nodes { get; }

    /// <summary>How many shards there are; every one of them has a node.</summary>
    public int Shards => owners.Length;

    /// <summary>The node of a shard.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shard"/> is not 0 to <see cref="Shards"/> − 1.</exception>
    public string NodeFor(int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, Shards);
        return Nodes[owners[shard]].Id;
    }

    /// <summary>How many shards a node has.</summary>
    /// <exception cref="ArgumentException"><paramref name="node"/> is not on the ring.</exception>
    public int LoadOf(string node) => loads[IndexOf(node)];

    /// <summary>The shards of a node, in rising order.</summary>
    /// <exception cref="ArgumentException"><paramref name="node"/> is not on the ring.</exception>
    public ImmutableArray<int> ShardsOf(string node)
    {
        var index = IndexOf(node);
        var shards = ImmutableArray.CreateBuilder<int>(loads[index]);
        for (var shard = 0; shard < owners.Length; shard++)
        {
            if (owners[shard] == index)
                shards.Add(shard);
        }

        return shards.MoveToImmutable();
    }

    /// <summary>The weight of a node, 0 when it is not on the ring.</summary>
    internal int WeightOf(string node)
    {
        var index = Nodes.IndexOfId(node);
        return index < 0 ? 0 : Nodes[index].Weight;
    }

    int IndexOf(string node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var index = Nodes.IndexOfId(node);
        return index >= 0 ? index : throw new ArgumentException($"'{node}' is not on the ring.", nameof(node));
    }
}
