using AkkaHa.ClientApi;
using AkkaHa.Cli.Local;
using AkkaHa.Load;
using AkkaHa.Servers;

namespace AkkaHa.Failover;

/// <summary>Three nodes and their database.</summary>
internal sealed class AkkaHaSide : ISide
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly PostgresServer? postgres;
    private readonly LocalCluster cluster;
    private readonly ClusterReader reader;
    private ClusterSide? side;

    private AkkaHaSide(PostgresServer? postgres, LocalCluster cluster)
    {
        this.postgres = postgres;
        this.cluster = cluster;
        reader = new ClusterReader(cluster);
    }

    public IKeyTarget Target => Side.Target;

    public LaneSet Lanes => Side.Lanes;

    private ClusterSide Side => side ?? throw new InvalidOperationException("the nodes are not ready yet");

    public static async Task<AkkaHaSide> StartAsync(FailoverOptions options, CancellationToken ct)
    {
        var postgres = options.Provider == "postgres" ? await PostgresServer.StartAsync() : null;
        var started = new AkkaHaSide(postgres, LocalCluster.Create(3, postgres is null ? [] : postgres.Settings));
        try
        {
            // One after the other, so that the first is the oldest.
            foreach (var node in started.cluster.Nodes)
            {
                node.Start();
                await node.WaitReadyAsync(Patience, ct);
            }
            var ring = await started.reader.WaitSettledAsync(Patience, ct);
            var target = new AkkaHaKeys(AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = started.cluster.Endpoints }));
            started.side = new ClusterSide(started.cluster, started.reader, ring, target, new LaneSet());
            return started;
        }
        catch
        {
            started.KeepLogs();
            await started.DisposeAsync();
            throw;
        }
    }

    public Task<Victim> ChooseAsync(int round, CancellationToken ct) => Side.ChooseAsync(round, ct);

    /// <summary>Leaves the logs there, for who wants to know why.</summary>
    public string KeepLogs()
    {
        cluster.Keep = true;
        return cluster.Directory;
    }

    public async ValueTask DisposeAsync()
    {
        if (side is not null) await side.DisposeAsync();
        reader.Dispose();
        await cluster.DisposeAsync();
        if (postgres is not null) await postgres.DisposeAsync();
    }
}
