using System.Globalization;
using Akka.Actor;
using Akka.Coordination;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Ownership;

/// <summary>
/// One shard's grant as cluster sharding's lease: the shard starts no entity before it is acquired. Made by Akka, by its class name.
/// </summary>
internal sealed class ShardLease : Lease
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly NodeParts parts;
    private readonly int shard;
    private long epoch;

    public ShardLease(LeaseSettings settings, ExtendedActorSystem system)
        : base(settings)
    {
        parts = NodeParts.Of(system);
        // {system}-shard-{typeName}-{shardId}
        shard = int.Parse(settings.LeaseName.AsSpan(settings.LeaseName.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    public override Task<bool> Acquire() => Acquire(_ => { });

    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            epoch = await parts.Ownership.TakeAsync(shard, parts.Holder, patience.Token);
        }
        catch (Exception e) when (e is not LeaseException)
        {
            // It may have been committed: not known is not no.
            throw new LeaseException($"shard {shard}: whether it was taken is not known: {e.Message}", e);
        }
        parts.Grants.Enter(shard, epoch, leaseLostCallback);
        return true;
    }

    /// <summary>
    /// The grant is gone when this returns; its row follows. A shard that stops waits for its lease on a thread of the pool, and hundreds stop at once: if they waited
    /// for the database too, no thread would be left for its answers. A row that is released late harms nobody: it names its epoch.
    /// </summary>
    public override Task<bool> Release()
    {
        parts.Grants.Leave(shard);
        parts.Releases.Add(parts.Ownership, shard, epoch);
        return Task.FromResult(true);
    }

    public override bool CheckLease() => parts.Grants.Holds(shard, epoch);
}
