using System.Globalization;
using Akka.Actor;
using Akka.Coordination;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Ownership;

/// <summary>
/// One shard's grant (or the coordinator's) as Akka's lease: the shard starts no entity before it is acquired. Made by Akka, by its class name. Its owner is the
/// incarnation, not host and port: a node that comes back at the same address is another.
/// </summary>
internal sealed class ShardLease : Lease
{
    private readonly NodeParts parts;
    private readonly int shard;

    public ShardLease(LeaseSettings settings, ExtendedActorSystem system)
        : base(settings)
    {
        parts = NodeParts.Of(system);
        // {system}-singleton-{path}, or {system}-shard-{typeName}-{shardId}
        shard = settings.LeaseName.StartsWith($"{system.Name}-singleton-", StringComparison.Ordinal)
            ? ShardRow.Coordinator
            : int.Parse(settings.LeaseName.AsSpan(settings.LeaseName.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    public override Task<bool> Acquire() => Acquire(_ => { });

    /// <summary>False only when it is certainly not held.</summary>
    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        try
        {
            var taken = await parts.GrantKeeper.TakeAsync(shard, leaseLostCallback) is not null;
            // Another node goes on having it: the shard must not wait here, deaf to the order to go. Akka stops it, and it begins anew when it is asked for.
            if (!taken && shard != ShardRow.Coordinator) leaseLostCallback(new LeaseException($"shard {shard} is held by another node"));
            return taken;
        }
        catch (Exception e) when (e is not LeaseException)
        {
            // It may have been committed: not known is not no.
            throw new LeaseException($"shard {shard}: whether it was taken is not known: {e.Message}", e);
        }
    }

    /// <summary>
    /// The grant is gone when this returns; its row follows, and a node that leaves waits for it. A row that is released late costs whoever takes the shard next some
    /// time, and harms nobody: it names its epoch.
    /// </summary>
    public override Task<bool> Release()
    {
        parts.GrantKeeper.Release(shard);
        return Task.FromResult(true);
    }

    public override bool CheckLease() => parts.Grants.EpochOf(shard) is not null;
}
