using AkkaHa.Messages;
using AkkaHa.Node.Api;

using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Tests.Api;

internal sealed class FakeCluster : IClusterView, IClusterControl, IReadiness
{
    public EntityId? AskedEntity { get; private set; }

    public bool Alive { get; set; } = true;

    public ReadinessReport Strong { get; set; } = ReadinessReport.Yes;

    public ReadinessReport StrongReady() => Strong;

    public ReadinessReport Eventual { get; set; } = ReadinessReport.Yes;

    public ReadinessReport EventualReady() => Eventual;

    public Task<ClusterState> ClusterAsync(CancellationToken ct) => Task.FromResult(new ClusterState { Leader = "akka.tcp://AkkaHa@a:4053" });

    public Task<RingState> RingAsync(EntityId? entity, CancellationToken ct)
    {
        AskedEntity = entity;
        return Task.FromResult(new RingState { Shard = "7", Epoch = 9, Allocated = true, ShardCount = 64 });
    }

    /// <summary>What was asked of the membership: <c>leave ADDRESS</c>.</summary>
    public List<string> Changes { get; } = [];

    public Task<NodeChange?> LeaveAsync(string address, CancellationToken ct) => Change("leave", address, fenced: false);

    public Task<NodeChange?> DownAsync(string address, CancellationToken ct) => Change("down", address, fenced: true);

    private Task<NodeChange?> Change(string what, string address, bool fenced)
    {
        if (address.EndsWith(":9", StringComparison.Ordinal)) return Task.FromResult<NodeChange?>(null);
        Changes.Add($"{what} {address}");
        return Task.FromResult<NodeChange?>(new NodeChange { Address = address, Incarnation = "abc", Fenced = fenced });
    }
}
