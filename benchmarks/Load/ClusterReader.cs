using System.Diagnostics;
using AkkaHa.Cli.Local;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaHa.Load;

/// <summary>Asks the nodes that run who is there and who owns what.</summary>
/// <param name="cluster">The nodes.</param>
public sealed class ClusterReader(LocalCluster cluster) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    private readonly Dictionary<NodeProcess, GrpcChannel> channels = cluster.Nodes.ToDictionary(n => n, n => GrpcChannel.ForAddress(n.GrpcUrl));

    /// <summary>Who is there.</summary>
    /// <exception cref="TimeoutException">No node answers.</exception>
    public Task<ClusterState> ClusterAsync(CancellationToken ct) => AskAsync((client, options) => client.GetClusterAsync(new GetClusterRequest(), options), ct);

    /// <summary>Who owns what.</summary>
    /// <exception cref="TimeoutException">No node answers.</exception>
    public Task<RingState> RingAsync(CancellationToken ct) => AskAsync((client, options) => client.GetRingAsync(new GetRingRequest(), options), ct);

    /// <summary>Waits until all nodes run and have shards, all shards have an owner, and none has moved for a while.</summary>
    /// <exception cref="TimeoutException">It does not come to that.</exception>
    public async Task<RingState> WaitSettledAsync(TimeSpan atMost, CancellationToken ct)
    {
        RingState? last = null;
        var calm = Stopwatch.StartNew();
        for (var since = Stopwatch.StartNew(); since.Elapsed < atMost; await Task.Delay(200, ct))
        {
            var ring = await RingAsync(ct);
            if (!ring.Equals(last)) calm.Restart();
            last = ring;
            if (calm.Elapsed > Calm && ring.Shards.All(s => s.Allocated) && ring.Shards.Select(s => s.Node).Distinct().Count() == cluster.Nodes.Count) return ring;
        }
        throw new TimeoutException($"the shards did not settle within {atMost.TotalSeconds} s");
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var channel in channels.Values) channel.Dispose();
    }

    private async Task<TResponse> AskAsync<TResponse>(Func<Cluster.ClusterClient, CallOptions, AsyncUnaryCall<TResponse>> ask, CancellationToken ct)
    {
        RpcException? failure = null;
        for (var since = Stopwatch.StartNew(); since.Elapsed < GiveUpAfter; await Task.Delay(100, ct))
        {
            foreach (var node in cluster.Nodes.Where(n => n.IsRunning))
            {
                try
                {
                    return await ask(new Cluster.ClusterClient(channels[node]), new CallOptions(deadline: DateTime.UtcNow + Patience, cancellationToken: ct));
                }
                catch (RpcException e)
                {
                    ct.ThrowIfCancellationRequested();
                    failure = e;
                }
            }
        }
        throw new TimeoutException($"no node answers: {failure?.Status.Detail}", failure);
    }
}
