using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;

namespace AkkaHa.Node.Api.Cluster;

/// <summary>Who is in the cluster and who owns what, as this node sees it.</summary>
internal sealed class ClusterService(EntityCalls calls, IClusterView view) : Messages.V1.Cluster.ClusterBase
{
    public override Task<ClusterState> GetCluster(GetClusterRequest request, ServerCallContext context) => view.ClusterAsync(context.CancellationToken);

    public override Task<RingState> GetRing(GetRingRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(RingValidation.Check(request, calls.Shards, out var entity));
        return view.RingAsync(entity, context.CancellationToken);
    }
}
