using AkkaHa.Messages.Placement;
namespace AkkaHa.Core.Placement;

/// <summary>What every node of a cluster must agree on for their rings to be the same.</summary>
public sealed record RingOptions
{
    /// <summary>
    /// Virtual nodes for each unit of weight where nothing is said. An unbounded ring then strays by about 1/√128 = 9 %,
    /// which leaves the bound little to do; the scatter of few shards over nodes is larger than that anyway.
    /// </summary>
    public const int DefaultReplicas = 128;

    /// <summary>The most virtual nodes for each unit of weight.</summary>
    public const int MaxReplicas = 4096;

    readonly int shards = ShardMap.DefaultShardCount;
    readonly int replicas = DefaultReplicas;

    /// <summary>How many shards are placed: 1 to <see cref="ShardMap.MaxShardCount"/>, default <see cref="ShardMap.DefaultShardCount"/>.</summary>
    public int Shards
    {
        get => shards;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(Shards));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ShardMap.MaxShardCount, nameof(Shards));
            shards = value;
        }
    }

    /// <summary>Virtual nodes for each unit of weight: 1 to <see cref="MaxReplicas"/>, default <see cref="DefaultReplicas"/>.</summary>
    public int Replicas
    {
        get => replicas;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(Replicas));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxReplicas, nameof(Replicas));
            replicas = value;
        }
    }

    /// <summary>Off only in tests, which show that they would notice a ring without its bound.</summary>
    internal bool Bounded { get; init; } = true;
}
