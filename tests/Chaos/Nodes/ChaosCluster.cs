using AkkaHa.Chaos.Proxies;
using AkkaHa.Cli.Local;
using AkkaHa.Servers;

namespace AkkaHa.Chaos.Nodes;

/// <summary>Real nodes and a real database, with a proxy on every link.</summary>
sealed class ChaosCluster : IAsyncDisposable
{
    private const int PortsOfNode = 8;
    private static readonly TimeSpan StartAtMost = TimeSpan.FromSeconds(180);

    private readonly LocalCluster local;
    private readonly Upstreams upstreams;

    private ChaosCluster(LocalCluster local, IReadOnlyList<ChaosNode> nodes, PostgresServer? database, Network network, Upstreams upstreams)
    {
        this.local = local;
        this.upstreams = upstreams;
        All = nodes;
        Database = database;
        Network = network;
    }

    /// <summary>All nodes; the last one is the spare.</summary>
    public IReadOnlyList<ChaosNode> All { get; }

    /// <summary>The nodes that make up the cluster when nothing is wrong.</summary>
    public IReadOnlyList<ChaosNode> Members => [.. All.Take(All.Count - 1)];

    /// <summary>Comes and goes.</summary>
    public ChaosNode Spare => All[^1];

    /// <summary>Null on SQLite.</summary>
    public PostgresServer? Database { get; }

    public Network Network { get; }

    /// <summary>Of the nodes' data and logs.</summary>
    public string Directory => local.Directory;

    /// <summary>Where there is no server, that of all nodes.</summary>
    public string JournalFile => Path.Combine(Directory, "data", "journal.db");

    /// <summary>For clients.</summary>
    public string Endpoints => string.Join(',', All.Select(n => n.GrpcUrl));

    /// <summary>Starts the database and the members, and waits until they are ready.</summary>
    public static async Task<ChaosCluster> StartAsync(int members, string provider, int seed, IReadOnlyList<string> settings, CancellationToken ct)
    {
        var database = provider == "postgres" ? await PostgresServer.StartAsync() : null;
        var count = members + 1;
        var ports = LocalCluster.FreePorts(PortsOfNode * count).Chunk(PortsOfNode).ToArray();
        var nodePorts = ports.Select(p => new NodePorts(p[0], p[1], p[2], p[3])).ToArray();
        var links = ports.Select(p => new NodeLinks(p[4], p[5], p[6], p[7])).ToArray();
        var local = LocalCluster.Create(nodePorts, node => [.. SettingsOf(links[Array.IndexOf(nodePorts, node)], database), .. settings]);
        var nodes = local.Nodes.Select((process, i) => new ChaosNode(i, process, links[i])).ToArray();
        var network = new Network(count, seed);
        var byRemotePort = nodes.ToDictionary(n => n.Process.Ports.Remote, n => n.Index);
        var proxies = nodes.SelectMany(n => n.Proxies(network, byRemotePort, database?.Port)).ToArray();
        var cluster = new ChaosCluster(local, nodes, database, network, new Upstreams(proxies));
        try
        {
            foreach (var node in cluster.Members) node.Process.Start();
            await Task.WhenAll(cluster.Members.Select(n => n.Process.WaitReadyAsync(StartAtMost, ct)));
            return cluster;
        }
        catch
        {
            // The message names a log.
            cluster.Keep();
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9; from the moment it is gone its ports refuse.</summary>
    public async Task KillAsync(ChaosNode node)
    {
        await node.Process.KillAsync();
        upstreams.Look();
    }

    /// <summary>Keeps data and logs.</summary>
    public void Keep() => local.Keep = true;

    public async ValueTask DisposeAsync()
    {
        await local.DisposeAsync();
        await upstreams.DisposeAsync();
        if (Database is not null) await Database.DisposeAsync();
    }

    private static IEnumerable<string> SettingsOf(NodeLinks links, PostgresServer? database)
    {
        yield return $"--AkkaHa:Remote:BindPort={links.RemoteBind}";
        yield return $"--AkkaHa:Grpc:AdvertisedUrl=http://127.0.0.1:{links.Grpc}";
        yield return $"--AkkaHa:Http:AdvertisedUrl=http://127.0.0.1:{links.Http}";
        if (database is null) yield break;
        yield return "--AkkaHa:Storage:Provider=postgres";
        yield return $"--AkkaHa:Storage:ConnectionString={PostgresServer.ConnectionStringThrough(links.Database)}";
    }
}
