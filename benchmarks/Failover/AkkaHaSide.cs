using AkkaHa.ClientApi;
using AkkaHa.Cli.Local;
using AkkaHa.Load;
using AkkaHa.Messages.V1;
using AkkaHa.Servers;

namespace AkkaHa.Failover;

/// <summary>
/// Three nodes. Three turns: the owner of some hot key (neither the oldest nor the leader, if there is such a one); the oldest member, which hosts the coordinator of the
/// shards; the leader, which is the member with the lowest address, and who takes decisions of the cluster.
/// </summary>
internal sealed class AkkaHaSide : ISide
{
    private const int HotKeysOfANode = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly PostgresServer? postgres;
    private readonly LocalCluster cluster;
    private readonly ClusterReader reader;

    private AkkaHaSide(PostgresServer? postgres, LocalCluster cluster)
    {
        this.postgres = postgres;
        this.cluster = cluster;
        reader = new ClusterReader(cluster);
        Target = new AkkaHaKeys(AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = cluster.Endpoints }));
    }

    public IKeyTarget Target { get; }

    public LaneSet Lanes { get; } = new();

    public static async Task<AkkaHaSide> StartAsync(FailoverOptions options, CancellationToken ct)
    {
        var postgres = options.Provider == "postgres" ? await PostgresServer.StartAsync() : null;
        var side = new AkkaHaSide(postgres, LocalCluster.Create(3, postgres is null ? [] : postgres.Settings));
        try
        {
            // One after the other, so that the first is the oldest.
            foreach (var node in side.cluster.Nodes)
            {
                node.Start();
                await node.WaitReadyAsync(Patience, ct);
            }
            var ring = await side.reader.WaitSettledAsync(Patience, ct);
            side.Lanes.Heat(ring.Shards.GroupBy(s => s.Node).SelectMany(g => g.Take(HotKeysOfANode)).Select(Number).ToHashSet());
            return side;
        }
        catch
        {
            side.KeepLogs();
            await side.DisposeAsync();
            throw;
        }
    }

    public async Task<Victim> ChooseAsync(int round, CancellationToken ct)
    {
        var ring = await reader.RingAsync(ct);
        var owners = ring.Shards.ToDictionary(Number, s => s.Node);
        var state = await reader.ClusterAsync(ct);
        var oldest = state.Members.MaxBy(m => m.UptimeSeconds)!.Address;
        var (turn, address) = (round % 3) switch
        {
            0 => ("owner of a key", OwnerOfAHotKey(round / 3, owners, oldest, state.Leader)),
            1 => ("oldest, coordinator", oldest),
            _ => ("leader", state.Leader),
        };
        var node = cluster.ByAddress(address);
        return new Victim(turn, node.Name, lane => owners[Lanes.ShardOf(lane)] == address, node.KillAsync, () => Task.Run(node.Start, ct), async cancel =>
        {
            await node.WaitReadyAsync(TimeSpan.MaxValue, cancel);
            await reader.WaitSettledAsync(TimeSpan.MaxValue, cancel);
        });
    }

    private string OwnerOfAHotKey(int number, Dictionary<int, string> owners, params string[] notThese)
    {
        var hot = Lanes.Hot.Select(l => owners[Lanes.ShardOf(l)]).ToArray();
        var fit = hot.Except(notThese).ToArray();
        return fit.Length > 0 ? fit[number % fit.Length] : hot[number % hot.Length];
    }

    private static int Number(AkkaHa.Messages.V1.ShardOwner shard) => int.Parse(shard.Shard, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Leaves the logs there, for who wants to know why.</summary>
    public string KeepLogs()
    {
        cluster.Keep = true;
        return cluster.Directory;
    }

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        reader.Dispose();
        await cluster.DisposeAsync();
        if (postgres is not null) await postgres.DisposeAsync();
    }
}
