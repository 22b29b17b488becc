using System.Collections.Immutable;

namespace AkkaHa.Core.Placement;

/// <summary>
/// Places shards on nodes: a consistent-hash ring (Karger et al. 1997) with virtual nodes, weights and bounded load
/// (Mirrokni et al. 2016). Immutable; there is no ring without a node.
/// </summary>
/// <remarks>
/// Guarantees: every shard has exactly one node. No node has more than <see cref="BoundOf"/> shards, ⌈1.1 × its fair
/// share⌉. The outcome depends on the set of nodes with their weights and on <see cref="RingOptions"/> only: the same in every
/// process, version and order of joins. What a change moves: see <see cref="Moves"/>. It is computed as a whole on first use.
/// </remarks>
public sealed class HashRing
{
    /// <summary>The most points (replicas × weight of all nodes) on a ring.</summary>
    public const int MaxPoints = 1 << 24;

    readonly Lazy<Assignment> assignment;

    HashRing(ImmutableArray<RingNode> nodes, RingOptions options)
    {
        Nodes = nodes;
        Options = options;
        TotalWeight = nodes.Sum(node => (long)node.Weight);
        assignment = new Lazy<Assignment>(Assign);
    }

    /// <summary>The nodes, in ordinal order of id.</summary>
    public ImmutableArray<RingNode> Nodes { get; }

    /// <summary>Shard count and replicas.</summary>
    public RingOptions Options { get; }

    /// <summary>The weights of all nodes together.</summary>
    public long TotalWeight { get; }

    /// <summary>Where every shard is.</summary>
    public Assignment Assignment => assignment.Value;

    /// <summary>A ring of these nodes, in whatever order they come.</summary>
    /// <exception cref="ArgumentException">No node, one named twice, or more points than <see cref="MaxPoints"/>.</exception>
    public static HashRing Of(IEnumerable<RingNode> nodes, RingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var sorted = nodes.ToArray();
        if (sorted.Length == 0)
            throw new ArgumentException("A ring needs at least one node.", nameof(nodes));
        Array.Sort(sorted, (a, b) => string.CompareOrdinal(a.Id, b.Id));
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i - 1].Id == sorted[i].Id)
                throw new ArgumentException($"'{sorted[i].Id}' is there twice.", nameof(nodes));
        }

        return Checked([.. sorted], options ?? new RingOptions(), nameof(nodes));
    }

    /// <summary>This ring and one node more.</summary>
    /// <exception cref="ArgumentException">Already there, empty id, weight out of range, or too many points.</exception>
    public HashRing AddNode(string node, int weight = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(node);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, RingNode.MaxWeight);
        var index = Nodes.IndexOfId(node);
        if (index >= 0)
            throw new ArgumentException($"'{node}' is already on the ring.", nameof(node));
        return Checked(Nodes.Insert(~index, new RingNode(node, weight)), Options, nameof(node));
    }

    /// <summary>This ring without a node.</summary>
    /// <exception cref="ArgumentException">Not there, or the last one: its shards would have nowhere to go.</exception>
    public HashRing RemoveNode(string node)
    {
        var index = IndexOf(node);
        if (Nodes.Length == 1)
            throw new ArgumentException($"'{node}' is the last node of the ring.", nameof(node));
        return new HashRing(Nodes.RemoveAt(index), Options);
    }

    /// <summary>The node of a shard.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shard"/> is not a shard number.</exception>
    public string NodeFor(int shard) => Assignment.NodeFor(shard);

    /// <summary>The most shards that this node may have.</summary>
    /// <exception cref="ArgumentException"><paramref name="node"/> is not on the ring.</exception>
    public int BoundOf(string node) => LoadBound.Of(Options.Shards, Nodes[IndexOf(node)].Weight, TotalWeight);

    static HashRing Checked(ImmutableArray<RingNode> nodes, RingOptions options, string parameter)
    {
        var ring = new HashRing(nodes, options);
        return ring.TotalWeight * options.Replicas <= MaxPoints
            ? ring
            : throw new ArgumentException(
                $"Total weight {ring.TotalWeight} × {options.Replicas} replicas is above {MaxPoints} points.", parameter);
    }

    int IndexOf(string node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var index = Nodes.IndexOfId(node);
        return index >= 0 ? index : throw new ArgumentException($"'{node}' is not on the ring.", nameof(node));
    }

    Assignment Assign()
    {
        var bounds = new int[Nodes.Length];
        for (var i = 0; i < bounds.Length; i++)
            bounds[i] = Options.Bounded ? LoadBound.Of(Options.Shards, Nodes[i].Weight, TotalWeight) : int.MaxValue;
        return new Assignment(Nodes, BoundedFill.Fill(RingPoints.Of(Nodes, Options.Replicas), bounds, Options.Shards));
    }
}
