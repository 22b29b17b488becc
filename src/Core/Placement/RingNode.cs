namespace AkkaHa.Core.Placement;

/// <summary>A node on the ring: its id (the address, for AkkaHa) and its weight.</summary>
public sealed record RingNode
{
    /// <summary>The highest weight.</summary>
    public const int MaxWeight = 100;

    /// <exception cref="ArgumentException"><paramref name="id"/> is empty, or <paramref name="weight"/> is not 1 to <see cref="MaxWeight"/>.</exception>
    public RingNode(string id, int weight = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, MaxWeight);
        Id = id;
        Weight = weight;
    }

    /// <summary>What the node is called; compared byte for byte.</summary>
    public string Id { get; }

    /// <summary>A node of weight 2 gets twice the shards of a node of weight 1.</summary>
    public int Weight { get; }
}
