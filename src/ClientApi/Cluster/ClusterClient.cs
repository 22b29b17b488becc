using AkkaHa.ClientApi.Connection;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>Who is in the cluster, and taking nodes out of it.</summary>
public sealed class ClusterClient
{
    private readonly CallRepeater _calls;

    internal ClusterClient(CallRepeater calls) => _calls = calls;

    /// <summary>The members, as the node that answers sees them.</summary>
    /// <exception cref="UnavailableException">No node answered in time.</exception>
    public async Task<ClusterPicture> GetAsync(CancellationToken cancellationToken = default)
    {
        var state = await CallAsync("get cluster", (client, options) => client.GetClusterAsync(new Wire.GetClusterRequest(), options), cancellationToken);
        return new ClusterPicture(
            [
                .. state.Members.Select(m => new ClusterMember(
                    m.Address, m.Incarnation, m.Status, !state.Unreachable.Contains(m.Address), m.Version, m.Shards,
                    TimeSpan.FromSeconds(m.LeaseSeconds), TimeSpan.FromSeconds(m.UptimeSeconds), m.Http, m.Grpc) { Roles = [.. m.Roles] }),
            ],
            state.Leader);
    }

    /// <summary>Which node owns each shard. A hint: shards move.</summary>
    /// <exception cref="UnavailableException">No node answered in time.</exception>
    public async Task<RingPicture> GetRingAsync(CancellationToken cancellationToken = default)
    {
        var state = await CallAsync("get ring", (client, options) => client.GetRingAsync(new Wire.GetRingRequest(), options), cancellationToken);
        return new RingPicture([.. state.Shards.Select(s => new ShardOwner(Number(s.Shard), s.Node, s.Grpc, s.Http, s.Epoch, s.Allocated)).OrderBy(s => s.Shard)]);
    }

    /// <summary>Which node owns one entity. A hint: shards move.</summary>
    /// <param name="entity"><c>kv/KEY</c>, <c>lock/NAME</c>, <c>session/SLOT</c> or <c>txn/SLOT</c>; a session's slot is what its id begins with.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidArgumentException">That is no entity.</exception>
    /// <exception cref="UnavailableException">No node answered in time.</exception>
    public async Task<ShardOwner> GetOwnerAsync(string entity, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrEmpty(entity)) throw new InvalidArgumentException("key must name an entity: kv/…, lock/…, session/SLOT or txn/SLOT");
        var s = await CallAsync("get ring", (client, options) => client.GetRingAsync(new Wire.GetRingRequest { Key = entity }, options), cancellationToken);
        return new ShardOwner(Number(s.Shard), s.Node, s.Grpc, s.Http, s.Epoch, s.Allocated);
    }

    /// <summary>
    /// Asks a node to leave: it hands its shards over and ends its process. When this returns it has been asked; it is gone when <see cref="GetAsync"/> does not show it any more.
    /// </summary>
    /// <param name="address">As <see cref="ClusterMember.Address"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NotFoundException">There is no such member (any more).</exception>
    /// <exception cref="UnavailableException">No node answered in time; it may have been asked.</exception>
    public Task LeaveAsync(string address, CancellationToken cancellationToken = default) =>
        CallAsync("leave", (client, options) => client.LeaveAsync(new Wire.NodeRequest { Address = address }, options), cancellationToken);

    /// <summary>
    /// Takes a node out that can't be asked. It is fenced first, if the database can be reached. A node that lives after all comes back as a new incarnation.
    /// </summary>
    /// <param name="address">As <see cref="ClusterMember.Address"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether its incarnation is fenced.</returns>
    /// <exception cref="NotFoundException">There is no such member (any more).</exception>
    /// <exception cref="UnavailableException">No node answered in time; it may be down.</exception>
    public async Task<bool> DownAsync(string address, CancellationToken cancellationToken = default) =>
        (await CallAsync("down", (client, options) => client.DownAsync(new Wire.NodeRequest { Address = address }, options), cancellationToken)).Fenced;

    private static int Number(string shard) => int.Parse(shard, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<TResponse> CallAsync<TResponse>(
        string name, Func<Wire.Cluster.ClusterClient, Grpc.Core.CallOptions, Grpc.Core.AsyncUnaryCall<TResponse>> send, CancellationToken cancel) =>
        (await _calls.ReadAsync(new Call<TResponse>(name, _ => null, (invoker, options, _) => send(new Wire.Cluster.ClusterClient(invoker), options)), cancel)).Value;
}
