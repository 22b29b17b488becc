using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;

namespace AkkaHa.Node.Api.Cluster;

/// <summary>Who is in the cluster and who owns what, as this node sees it.</summary>
internal sealed class ClusterService(EntityCalls calls, IClusterView view, IClusterControl control) : Messages.V1.Cluster.ClusterBase
{
    public override Task<ClusterState> GetCluster(GetClusterRequest request, ServerCallContext context) => view.ClusterAsync(context.CancellationToken);

    public override Task<RingState> GetRing(GetRingRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(RingValidation.Check(request, calls.Shards, out var entity));
        return view.RingAsync(entity, context.CancellationToken);
    }

    public override async Task<NodeChange> Leave(NodeRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(NodeValidation.Check(request));
        return await control.LeaveAsync(request.Address, context.CancellationToken) ?? throw new RefusedException(NodeValidation.NoSuchMember(request));
    }

    public override async Task<NodeChange> Down(NodeRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(NodeValidation.Check(request));
        return await control.DownAsync(request.Address, context.CancellationToken) ?? throw new RefusedException(NodeValidation.NoSuchMember(request));
    }
}
