using AkkaHa.Messages;
using AkkaHa.Node.Api;

using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Tests.Api;

internal sealed class FakeCluster : IClusterView, IReadiness
{
    public EntityId? AskedEntity { get; private set; }

    public bool Alive { get; set; } = true;

    public ReadinessReport Strong { get; set; } = ReadinessReport.Yes;

    public ReadinessReport StrongReady() => Strong;

    public Task<ClusterState> ClusterAsync(CancellationToken ct) => Task.FromResult(new ClusterState { Leader = "akka.tcp://AkkaHa@a:4053" });

    public Task<RingState> RingAsync(EntityId? entity, CancellationToken ct)
    {
        AskedEntity = entity;
        return Task.FromResult(new RingState { Shard = "7", Epoch = 9, Allocated = true, ShardCount = 64 });
    }
}
