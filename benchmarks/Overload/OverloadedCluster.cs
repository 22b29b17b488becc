using System.Globalization;
using System.Text.RegularExpressions;
using AkkaHa.ClientApi;
using AkkaHa.Cli.Local;
using AkkaHa.Load;
using AkkaHa.Servers;

namespace AkkaHa.Overload;

/// <summary>Three nodes and their database, the load on one processor.</summary>
internal sealed partial class OverloadedCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private const int WarmClients = 32;
    private static readonly TimeSpan WarmRound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Repeats = TimeSpan.FromSeconds(5);

    private readonly PostgresServer? postgres;
    private readonly LocalCluster nodes;
    private readonly ClusterReader reader;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private OverloadedCluster(PostgresServer? postgres, LocalCluster nodes)
    {
        this.postgres = postgres;
        this.nodes = nodes;
        reader = new ClusterReader(nodes);
    }

    public IKeyTarget Target { get; private set; } = null!;

    public LaneSet Lanes { get; } = new();

    public string Endpoints => nodes.Endpoints;

    public string LogDirectory => nodes.Directory;

    public static async Task<OverloadedCluster> StartAsync(SchedulerGroup group, OverloadOptions options, bool shed, int processors, CancellationToken ct)
    {
        await Processor.ForServersAsync(processors);
        var postgres = options.Provider == "postgres" ? await PostgresServer.StartAsync() : null;
        string[] settings = [.. postgres is null ? [] : postgres.Settings, $"--AkkaHa:Overload:Shed={shed}", .. options.Set.Select(s => $"--AkkaHa:{s}")];
        var cluster = new OverloadedCluster(postgres, LocalCluster.Create(3, settings));
        cluster.nodes.Keep = options.KeepLogs;
        try
        {
            await cluster.nodes.StartAsync(Patience, ct);
            // As they have where each is in a container, or a service.
            var name = shed ? "shedding" : "not-shedding";
            var own = cluster.nodes.Nodes.All(n => group.TryGive($"{name}-{n.Name}", n.ProcessId)) && (postgres is null || group.TryGive($"{name}-postgres", postgres.ProcessId));
            Console.WriteLine(own ? "Each node, and the database, has a share of the processors of its own" : "Each thread of the servers has the same share of the processors");
            var ring = await cluster.reader.WaitSettledAsync(Patience, ct);
            await Processor.ForLoadAsync(processors);
            cluster.Target = options.Repeat ? new AkkaHaKeys(AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = cluster.Endpoints, GiveUpAfter = Repeats })) : new OneAttempt(ring);
            // Every key exists, and code is compiled, before anything is measured. On one processor that takes a while.
            await Warming.RunAsync(() => ClosedLoop.MeasureAsync(cluster.Target, cluster.Lanes, WarmClients, TimeSpan.Zero, WarmRound, ct));
            return cluster;
        }
        catch
        {
            cluster.nodes.Keep = true;
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>How many calls the nodes have refused so far, by what they waited for.</summary>
    public async Task<IReadOnlyDictionary<string, double>> ShedAsync(CancellationToken ct)
    {
        var pages = await Task.WhenAll(nodes.Nodes.Select(n => MetricsAsync(n, ct)));
        return pages.SelectMany(p => ShedPattern().Matches(p)).GroupBy(m => m.Groups["for"].Value)
            .ToDictionary(g => g.Key, g => g.Sum(m => double.Parse(m.Groups["count"].Value, CultureInfo.InvariantCulture)));
    }

    [GeneratedRegex("""^akkaha_calls_shed_total\{[^}]*\bfor="(?<for>\w+)"[^}]*\} (?<count>\S+)""", RegexOptions.Multiline)]
    private static partial Regex ShedPattern();

    /// <summary>Nothing where it does not answer: that is seen in everything else.</summary>
    private async Task<string> MetricsAsync(NodeProcess node, CancellationToken ct)
    {
        try
        {
            return await http.GetStringAsync(new Uri($"{node.HttpUrl}/metrics"), ct);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return "";
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Target is not null) await Target.DisposeAsync();
        http.Dispose();
        reader.Dispose();
        await nodes.DisposeAsync();
        if (postgres is not null) await postgres.DisposeAsync();
    }
}
