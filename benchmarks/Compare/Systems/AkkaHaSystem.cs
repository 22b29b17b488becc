using System.Collections.Concurrent;
using System.Text;
using AkkaHa.ClientApi;
using AkkaHa.Cli.Local;
using AkkaHa.Messages;
using AkkaHa.Servers;

namespace AkkaHa.Compare.Systems;

/// <summary>AkkaHa's nodes and their database, through its own client as it comes.</summary>
internal sealed class AkkaHaSystem : ISystem
{
    private const int SessionsAtOnce = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SessionTtl = TimeSpan.FromHours(1);

    private readonly LocalCluster cluster;
    private readonly AkkaHaClient client;
    private readonly IAsyncDisposable? database;
    private readonly Func<IReadOnlyList<int>> databaseProcesses;
    private SessionId[] sessions = [];

    private AkkaHaSystem(string name, string promise, LocalCluster cluster, IAsyncDisposable? database, Func<IReadOnlyList<int>> databaseProcesses)
    {
        Name = name;
        Promise = promise;
        this.cluster = cluster;
        this.database = database;
        this.databaseProcesses = databaseProcesses;
        client = AkkaHaClient.Connect(cluster.Endpoints);
    }

    public string Name { get; }

    public string Version { get; } = $"{typeof(AkkaHaClient).Assembly.GetName().Version?.ToString(3)}";

    public string Promise { get; }

    public IReadOnlyList<int> Processes => [.. cluster.Nodes.Select(n => n.ProcessId), .. databaseProcesses()];

    public static async Task<ISystem> OnPostgresAsync(CancellationToken ct)
    {
        var postgres = await PostgresServer.StartAsync();
        return await StartAsync(SystemNames.AkkaHa, "3 nodes, one PostgreSQL: on its disk", 3, postgres.Settings, postgres, () => [postgres.ProcessId], ct);
    }

    public static async Task<ISystem> OnPostgresPairAsync(CancellationToken ct)
    {
        var pair = await PostgresPair.StartAsync();
        return await StartAsync(SystemNames.AkkaHaStandby, "3 nodes, PostgreSQL with a synchronous standby: on both disks", 3, [.. pair.Settings, "--AkkaHa:Storage:MaxConnections=30"], pair, () => pair.ProcessIds, ct);
    }

    public static Task<ISystem> OnSqliteAsync(CancellationToken ct) => StartAsync(SystemNames.AkkaHaSqlite, "1 node, SQLite: on its disk", 1, [], null, () => [], ct);

    private static async Task<ISystem> StartAsync(
        string name, string promise, int nodes, IEnumerable<string> settings, IAsyncDisposable? database, Func<IReadOnlyList<int>> databaseProcesses, CancellationToken ct)
    {
        var system = new AkkaHaSystem(name, promise, LocalCluster.Create(nodes, settings), database, databaseProcesses);
        try
        {
            await system.cluster.StartAsync(Patience, ct);
            await system.WaitSettledAsync(ct);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    public Task PrepareAsync(int clients) => client.Sessions.GetOwnAsync();

    public Task PutAsync(string key, ReadOnlyMemory<byte> value) => client.Keys.PutAsync(key, value);

    public async Task GetAsync(string key)
    {
        if (await client.Keys.GetAsync(key) is null) throw new InvalidOperationException($"{key} is not there");
    }

    public async Task LockAsync(int client, string name)
    {
        var held = await this.client.Locks.AcquireAsync(name);
        await held.ReleaseAsync();
    }

    public Task CreateAccountAsync(string account, long balance) => client.Keys.PutAsync(account, Encoding.UTF8.GetBytes($"{balance}"));

    public async Task TransferAsync(string from, string to)
    {
        var done = await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Add(from, -1).Add(to, 1)));
        if (!done.ConditionsHeld) throw new InvalidOperationException("there was no condition");
    }

    public Task TransferCheckedAsync(string from, string to) => client.Transactions.RunAsync(async transaction =>
    {
        var (a, b) = (transaction.GetStringAsync(from), transaction.GetStringAsync(to));
        var (balance, other) = (Balance(await a), Balance(await b));
        if (balance < 1) throw new InvalidOperationException($"{from} has nothing left");
        transaction.Put(from, $"{balance - 1}");
        transaction.Put(to, $"{other + 1}");
    });

    public async Task CreateSessionsAsync(int count)
    {
        var made = new ConcurrentBag<SessionId>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = SessionsAtOnce }, async (_, cancel) => made.Add(await client.Sessions.CreateAsync(SessionTtl, cancellationToken: cancel)));
        sessions = [.. made];
    }

    public Task KeepAliveAsync(int client, int session) => this.client.Sessions.KeepAliveAsync(sessions[session]);

    public Task<IAsyncDisposable> WatchAsync(string key, Action<ReadOnlyMemory<byte>> seen) => Task.FromResult<IAsyncDisposable>(new Following(async ct =>
    {
        await foreach (var change in client.Keys.WatchKeyAsync(key, cancellationToken: ct))
            if (change.Value is { } value) seen(value);
    }));

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await cluster.DisposeAsync();
        if (database is not null) await database.DisposeAsync();
    }

    private static long Balance(string? text) => long.Parse(text ?? throw new InvalidOperationException("the account is not there"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>All nodes have shards, all shards an owner, and none moves.</summary>
    private async Task WaitSettledAsync(CancellationToken ct)
    {
        var (since, calmSince, last) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetTimestamp(), "");
        while (TimeProvider.System.GetElapsedTime(since) < Patience)
        {
            var members = (await client.Cluster.GetAsync(ct)).Members;
            var now = string.Join(' ', members.Select(m => $"{m.Address}={m.Shards}"));
            if (now != last || members.Count < cluster.Nodes.Count || members.Any(m => m.Shards == 0)) calmSince = TimeProvider.System.GetTimestamp();
            else if (TimeProvider.System.GetElapsedTime(calmSince) > Calm) return;
            last = now;
            await Task.Delay(200, ct);
        }
        throw new TimeoutException($"the shards did not settle within {Patience.TotalSeconds} s: {last}");
    }
}
