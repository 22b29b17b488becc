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
                    TimeSpan.FromSeconds(m.LeaseSeconds), TimeSpan.FromSeconds(m.UptimeSeconds), m.Http, m.Grpc)),
            ],
            state.Leader);
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

    private async Task<TResponse> CallAsync<TResponse>(
        string name, Func<Wire.Cluster.ClusterClient, Grpc.Core.CallOptions, Grpc.Core.AsyncUnaryCall<TResponse>> send, CancellationToken cancel) =>
        (await _calls.ReadAsync(new Call<TResponse>(name, _ => null, (invoker, options, _) => send(new Wire.Cluster.ClusterClient(invoker), options)), cancel)).Value;
}
