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

    public override async Task<bool> Release()
    {
        parts.Grants.Leave(shard);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await parts.Ownership.ReleaseAsync(shard, epoch, patience.Token);
            return true;
        }
        catch (Exception e)
        {
            throw new LeaseException($"shard {shard}: not released: {e.Message}", e);
        }
    }

    public override bool CheckLease() => parts.Grants.Holds(shard, epoch);
}
