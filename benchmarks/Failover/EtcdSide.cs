using AkkaHa.Load;
using AkkaHa.Servers;

namespace AkkaHa.Failover;

/// <summary>Three members of etcd. The leader is killed each time: all keys stall then, for every read and write goes through it.</summary>
internal sealed class EtcdSide : ISide
{
    private readonly EtcdCluster cluster;

    private EtcdSide(EtcdCluster cluster, LaneSet lanes)
    {
        this.cluster = cluster;
        Lanes = lanes;
        Target = new EtcdKeys(cluster.Endpoints);
    }

    public IKeyTarget Target { get; }

    public LaneSet Lanes { get; }

    /// <summary>As many keys as AkkaHa has, as many of them hot.</summary>
    public static async Task<EtcdSide> StartAsync(LaneSet like)
    {
        var lanes = new LaneSet();
        lanes.Heat(like.Hot.Select(like.ShardOf).ToHashSet());
        return new EtcdSide(await EtcdCluster.StartAsync(), lanes);
    }

    public async Task<Victim> ChooseAsync(int round, CancellationToken ct)
    {
        EtcdMember? leader;
        while ((leader = await cluster.TryLeaderAsync(ct)) is null) await Task.Delay(100, ct);
        return new Victim("leader", leader.Name, _ => true, leader.KillAsync, leader.StartAsync, cluster.WaitWholeAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        await cluster.DisposeAsync();
    }
}
