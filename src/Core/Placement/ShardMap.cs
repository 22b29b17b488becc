using System.Globalization;

namespace AkkaHa.Core.Placement;

/// <summary>
/// Which shard an entity is in, over a shard count that is fixed for the life of a database. An entity id is
/// <c>kind/name</c>. Kinds <c>session</c> and <c>txn</c> are slots: their name is a number, and slot n is in shard n.
/// Every other id is in shard <see cref="JumpHash"/>(<see cref="StableHash"/>(id)).
/// </summary>
public sealed class ShardMap
{
    /// <summary>The shard count where none is configured.</summary>
    public const int DefaultShards = 256;

    /// <summary>The highest shard count.</summary>
    public const int MaxShards = 65_536;

    const string SessionSlots = "session/";
    const string TransactionSlots = "txn/";

    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shards"/> is not 1 to <see cref="MaxShards"/>.</exception>
    public ShardMap(int shards = DefaultShards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, MaxShards);
        Shards = shards;
    }

    /// <summary>How many shards there are; they are numbered from 0.</summary>
    public int Shards { get; }

    /// <summary>The shard of <paramref name="entityId"/>.</summary>
    /// <exception cref="ArgumentException">Not <c>kind/name</c>, or a slot that does not exist.</exception>
    public int ShardOf(string entityId)
    {
        ArgumentNullException.ThrowIfNull(entityId);
        return TryShardOf(entityId, out var shard)
            ? shard
            : throw new ArgumentException(
                $"'{entityId}' is no entity id: kind/name, and for session and txn a slot from 0 to {Shards - 1}.",
                nameof(entityId));
    }

    /// <summary>As <see cref="ShardOf"/>, for ids made from what a user sent: false where that would throw.</summary>
    public bool TryShardOf(string? entityId, out int shard)
    {
        shard = 0;
        if (entityId is null)
            return false;
        if (entityId.StartsWith(SessionSlots, StringComparison.Ordinal))
            return TrySlot(entityId.AsSpan(SessionSlots.Length), out shard);
        if (entityId.StartsWith(TransactionSlots, StringComparison.Ordinal))
            return TrySlot(entityId.AsSpan(TransactionSlots.Length), out shard);

        var slash = entityId.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == entityId.Length - 1)
            return false;
        shard = JumpHash.BucketOf(StableHash.Of(entityId), Shards);
        return true;
    }

    /// <summary>The coordinator slot of a transaction, from its id alone, so that whoever makes the id knows the slot.</summary>
    /// <exception cref="ArgumentException"><paramref name="transactionId"/> is null or empty.</exception>
    public int TransactionSlot(string transactionId)
    {
        ArgumentException.ThrowIfNullOrEmpty(transactionId);
        return JumpHash.BucketOf(StableHash.Of(transactionId), Shards);
    }

    bool TrySlot(ReadOnlySpan<char> name, out int slot)
    {
        // "07" must not pass: it would be a second entity, with a journal of its own, for slot 7.
        var canonical = name.Length == 1 || (name.Length > 1 && name[0] != '0');
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out slot) && canonical && slot < Shards;
    }
}
