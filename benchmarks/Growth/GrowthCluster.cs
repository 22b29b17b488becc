using System.Globalization;
using AkkaHa.ClientApi;
using AkkaHa.Cli.Local;
using AkkaHa.Load;
using AkkaHa.Servers;
using Npgsql;

namespace AkkaHa.Growth;

/// <summary>Nodes on a PostgreSQL of their own, a client, and what can be seen of them.</summary>
internal sealed class GrowthCluster : IAsyncDisposable
{
    public const int Clients = 64;

    private const int KillRate = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(4);

    private readonly HttpClient http = new();

    private GrowthCluster(PostgresServer database, LocalCluster nodes, Plan plan)
    {
        (Database, Nodes, Plan) = (database, nodes, plan);
        Reader = new ClusterReader(nodes);
        Client = AkkaHaClient.Connect(nodes.Endpoints);
    }

    public PostgresServer Database { get; }

    public LocalCluster Nodes { get; }

    public ClusterReader Reader { get; }

    public AkkaHaClient Client { get; }

    public Plan Plan { get; }

    public static async Task<GrowthCluster> StartAsync(int nodes, Plan plan, CancellationToken ct)
    {
        var database = await PostgresServer.StartAsync();
        var cluster = new GrowthCluster(database, LocalCluster.Create(nodes, database.Settings), plan);
        try
        {
            await cluster.Nodes.StartAsync(Patience, ct);
            await cluster.Reader.WaitSettledAsync(Patience, ct);
            return cluster;
        }
        catch
        {
            cluster.Nodes.Keep = true;
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>One measurement of 64 clients.</summary>
    public async Task<Measured> MeasureAsync(string what, Func<int, Task> operate, CancellationToken ct)
    {
        var edges = new List<CpuTime>(2);
        var run = await ClosedLoop.RunAsync(Clients, operate, Plan.WarmUp, Plan.Time, () => edges.Add(Used()), ct);
        var measured = Measured.Of(run, edges[1] - edges[0]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {what,-24} {measured.PerSecond,9:N0}/s  p50 {measured.P50Ms,7:0.00} ms  p99 {measured.P99Ms,7:0.00} ms  CPU {measured.NodesMicros,6:N0} + {measured.DatabaseMicros,5:N0} us{(run.Errors == 0 ? "" : $"  {run.Errors} ERRORS: {run.FirstError}")}"));
        return measured;
    }

    public async Task<Idle> IdleAsync(CancellationToken ct)
    {
        var (before, from) = (Used(), TimeProvider.System.GetTimestamp());
        await Task.Delay(IdleTime, ct);
        var (used, micros) = (Used() - before, TimeProvider.System.GetElapsedTime(from).TotalMicroseconds);
        return new Idle(Math.Round(used.NodesMicros / micros, 3), Math.Round(used.DatabaseMicros / micros, 3));
    }

    public async Task<Footprint> FootprintAsync(CancellationToken ct) => new(
        Math.Round(Usage.MemoryMiB(Nodes.Nodes.Select(n => n.ProcessId)), 1), Math.Round(await MetricAsync("dotnet_gc_last_collection_heap_size_bytes", ct) / 1024 / 1024, 1),
        (long)await MetricAsync("akkaha_entities_active{", ct, "kind=\"kv\""), (long)await MetricAsync("akkaha_entities_active{", ct, "kind=\"lock\""));

    /// <summary>A figure of the nodes that run, added up.</summary>
    public async Task<double> MetricAsync(string series, CancellationToken ct, string tag = "")
    {
        var sum = 0.0;
        foreach (var node in Nodes.Nodes.Where(n => n.IsRunning))
        {
            var text = await http.GetStringAsync(new Uri($"{node.HttpUrl}/metrics"), ct);
            sum += text.Split('\n').Where(l => l.StartsWith(series, StringComparison.Ordinal) && l.Contains(tag, StringComparison.Ordinal))
                .Sum(l => double.Parse(l[(l.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
        }
        return sum;
    }

    public async Task<Stored> StoredAsync(CancellationToken ct)
    {
        const string Sql = "SELECT pg_table_size('journal'), pg_indexes_size('journal'), pg_total_relation_size('key_index') + pg_total_relation_size('lock_index')";
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        double MiB(int column) => Math.Round(row.GetInt64(column) / 1024.0 / 1024, 1);
        return new Stored(MiB(0), MiB(1), MiB(2));
    }

    /// <summary>How long until what lists are read from has come to where the journal ends now; null: not in this time.</summary>
    public async Task<double?> IndexedAsync(TimeSpan within, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync(ct);
        async Task<bool> ReachedAsync(long xid, long ordering)
        {
            await using var marks = new NpgsqlCommand($"SELECT count(*) FROM journal_mark WHERE name IN ('indexed', 'locks') AND (xid, ordering) >= ({xid}, {ordering})", connection);
            return await marks.ExecuteScalarAsync(ct) is 2L;
        }

        (long Xid, long Ordering) end;
        await using (var last = new NpgsqlCommand("SELECT j.xid::text::bigint, j.ordering FROM journal j ORDER BY j.xid DESC, j.ordering DESC LIMIT 1", connection))
        {
            await using var row = await last.ExecuteReaderAsync(ct);
            await row.ReadAsync(ct);
            end = (row.GetInt64(0), row.GetInt64(1));
        }
        for (var from = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(from) < within; await Task.Delay(100, ct))
            if (await ReachedAsync(end.Xid, end.Ordering)) return TimeProvider.System.GetElapsedTime(from).TotalSeconds;
        return null;
    }

    /// <summary>SIGKILL to all nodes at once.</summary>
    public Task KillAllAsync() => Task.WhenAll(Nodes.Nodes.Select(n => n.KillAsync()));

    /// <summary>Starts them all, and asks for something in each shard.</summary>
    public async Task<Back> StartAgainAsync(LaneSet lanes, IKeyTarget target, CancellationToken ct)
    {
        var from = TimeProvider.System.GetTimestamp();
        await Nodes.StartAsync(Patience, ct);
        var ready = TimeProvider.System.GetElapsedTime(from).TotalSeconds;
        await Parallel.ForEachAsync(lanes.All.Where(l => l.Action == LaneAction.Get), new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = ct }, async (lane, cancel) => await target.GetAsync(lane.Key, cancel));
        var back = new Back(ready, TimeProvider.System.GetElapsedTime(from).TotalSeconds);
        await Reader.WaitSettledAsync(Patience, ct);
        return back;
    }

    /// <summary>Kills one node under load, and lets it come back.</summary>
    public async Task<Kill> KillOneAsync(LaneSet lanes, IKeyTarget target, CancellationToken ct, Action? killed = null)
    {
        var side = new ClusterSide(Nodes, Reader, await Reader.WaitSettledAsync(Patience, ct), target, lanes) { Killed = killed };
        return Kill.Of(await RoundRunner.RunAsync(side, 0, KillRate, ct));
    }

    public async ValueTask DisposeAsync()
    {
        await KillAllAsync();
        http.Dispose();
        await Client.DisposeAsync();
        Reader.Dispose();
        await Nodes.DisposeAsync();
        await Database.DisposeAsync();
    }

    private CpuTime Used() => new(Usage.CpuMicros(Nodes.Nodes.Where(n => n.IsRunning).Select(n => n.ProcessId)), Usage.CpuMicros([Database.ProcessId]));
}
