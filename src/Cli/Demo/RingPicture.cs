using System.Collections.Immutable;
using AkkaHa.Core.Placement;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Cli.Demo;

/// <summary>Who owns a shard, as <c>GET /v1/ring</c> tells.</summary>
/// <param name="Shard">Its number.</param>
/// <param name="Node">The address of the owner, or of the last one.</param>
/// <param name="Epoch">How often it has changed hands.</param>
/// <param name="Allocated">False: nobody owns it at the moment.</param>
sealed record OwnerOfShard(int Shard, string Node, long Epoch, bool Allocated);

/// <summary>Who owns what at one moment.</summary>
sealed class RingPicture(ImmutableArray<OwnerOfShard> shards)
{
    /// <summary>All shards, in the order of their numbers.</summary>
    public ImmutableArray<OwnerOfShard> Shards { get; } = shards;

    /// <summary>Which shard an entity is in.</summary>
    public ShardMap Map { get; } = new(shards.Length);

    /// <summary>Who owns an entity.</summary>
    public OwnerOfShard OwnerOf(EntityId entity) => Shards[Map.ShardOf(entity)];

    /// <summary>The shards of a node.</summary>
    public IReadOnlySet<int> ShardsOf(string node) => Shards.Where(s => s.Allocated && s.Node == node).Select(s => s.Shard).ToHashSet();

    /// <summary>Whether every shard is where the ring of exactly these nodes puts it.</summary>
    public bool IsInPlace(IEnumerable<string> nodes)
    {
        var ring = RingOf(nodes);
        return Shards.All(s => s.Allocated && s.Node == ring.NodeFor(s.Shard));
    }

    /// <summary>The most shards that each of so many equal nodes may have.</summary>
    public int BoundAmong(int nodes) => LoadBound.Of(Shards.Length, 1, nodes);

    HashRing RingOf(IEnumerable<string> nodes) => HashRing.Of(nodes.Select(n => new RingNode(n)), new RingOptions { Shards = Shards.Length });
}
