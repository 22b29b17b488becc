using System.Globalization;

namespace AkkaHa.Messages.Placement;

/// <summary>
/// Which shard an entity is in. Nodes and clients must agree on it, so it is part of what crosses the wire:
/// slots of sessions and transactions are in the shard of their number; all else by jump hash of the entity's id.
/// </summary>
public sealed class ShardMap
{
    /// <summary>How many shards there are when nothing else is set.</summary>
    public const int DefaultShardCount = 256;

    /// <summary>The highest shard count.</summary>
    public const int MaxShardCount = 65_536;

    /// <summary>A map over this many shards.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to 65,536.</exception>
    public ShardMap(int shardCount = DefaultShardCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shardCount, MaxShardCount);
        ShardCount = shardCount;
    }

    /// <summary>How many shards (and slots of each kind) there are. Fixed for the life of a cluster's data.</summary>
    public int ShardCount { get; }

    /// <summary>The shard of an entity.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A slot number that is not below <see cref="ShardCount"/>.</exception>
    public int ShardOf(EntityId id)
    {
        if (id.Kind is not (EntityId.SessionKind or EntityId.TransactionKind)) return Spread(id.ToString());
        var slot = int.Parse(id.Name, NumberStyles.None, CultureInfo.InvariantCulture);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, ShardCount, nameof(id));
        return slot;
    }

    /// <summary>As <see cref="ShardOf(EntityId)"/>, of an id as text.</summary>
    /// <exception cref="FormatException">It is no entity id.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A slot number that is not below <see cref="ShardCount"/>.</exception>
    public int ShardOf(string entityId) => EntityId.IsSpread(entityId) ? Spread(entityId) : ShardOf(EntityId.Parse(entityId));

    /// <summary>As <see cref="ShardOf(EntityId)"/>, for ids that a user sent: false when there is no such slot.</summary>
    public bool TryShardOf(EntityId id, out int shard)
    {
        shard = 0;
        if (id.Kind is EntityId.SessionKind or EntityId.TransactionKind
            && int.Parse(id.Name, NumberStyles.None, CultureInfo.InvariantCulture) >= ShardCount) return false;
        shard = ShardOf(id);
        return true;
    }

    /// <summary>The slot whose coordinator drives this transaction.</summary>
    public EntityId TransactionSlotOf(string transactionId) => EntityId.TransactionSlot(Spread(transactionId));

    /// <summary>The slot in which a session is created for this request, so that a repeat meets the first.</summary>
    public EntityId SessionSlotFor(string requestId) => EntityId.SessionSlot(Spread(requestId));

    private int Spread(string text) => JumpHash.BucketOf(StableHash.Of(text), ShardCount);
}
