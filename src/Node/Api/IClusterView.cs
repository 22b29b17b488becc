using AkkaHa.Messages;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api;

/// <summary>What this node knows of the cluster.</summary>
public interface IClusterView
{
    /// <summary>The members, as this node sees them.</summary>
    Task<ClusterState> ClusterAsync(CancellationToken ct);

    /// <summary>The sum of all shards' epochs, as this node last read them: grows with every change of an owner; null: not known yet.</summary>
    long? RingVersion => null;

    /// <summary>The owner of one entity, or of every shard when it is null. Slots of sessions and transactions are below the shard count.</summary>
    Task<RingState> RingAsync(EntityId? entity, CancellationToken ct);
}
