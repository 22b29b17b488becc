using AkkaHa.Servers;
using Npgsql;

namespace AkkaHa.Compare.Systems;

/// <summary>PostgreSQL with a table for each purpose, through Npgsql: what a service on top of it could reach at most.</summary>
internal sealed class PostgresSystem : ISystem
{
    private readonly PostgresServer server;
    private readonly NpgsqlDataSource source;

    private PostgresSystem(PostgresServer server, NpgsqlDataSource source, string version) => (this.server, this.source, Version) = (server, source, version);

    public string Name => SystemNames.Postgres;

    public string Version { get; }

    public string Promise => "1 server: on its disk; a lock ends with its connection";

    public IReadOnlyList<int> Processes => [server.ProcessId];

    public static async Task<ISystem> StartAsync(CancellationToken ct)
    {
        var server = await PostgresServer.StartAsync();
        await server.ExecuteAsync(
            "CREATE TABLE kv (k text PRIMARY KEY, v bytea NOT NULL)",
            "CREATE TABLE lock (name text PRIMARY KEY)",
            "CREATE TABLE account (name text PRIMARY KEY, balance bigint NOT NULL)",
            "CREATE TABLE session (id int PRIMARY KEY, ends timestamptz NOT NULL) WITH (fillfactor = 50)");
        var source = NpgsqlDataSource.Create($"{server.ConnectionString};Maximum Pool Size=200;Max Auto Prepare=20;Auto Prepare Min Usages=1");
        await using var connection = await source.OpenConnectionAsync(ct);
        return new PostgresSystem(server, source, connection.PostgreSqlVersion.ToString());
    }

    public Task PrepareAsync(int clients) => Task.CompletedTask;

    public Task PutAsync(string key, ReadOnlyMemory<byte> value) =>
        RunAsync("INSERT INTO kv VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v", new NpgsqlParameter<string> { TypedValue = key }, new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = value });

    public async Task GetAsync(string key)
    {
        await using var command = source.CreateCommand("SELECT v FROM kv WHERE k = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        if (await command.ExecuteScalarAsync() is not byte[]) throw new InvalidOperationException($"{key} is not there");
    }

    /// <summary>A row, locked for as long as a transaction is open.</summary>
    public async Task LockAsync(int client, string name)
    {
        await using var connection = await source.OpenConnectionAsync();
        while (true)
        {
            await using (var transaction = await connection.BeginTransactionAsync())
            {
                await using var command = new NpgsqlCommand("SELECT 1 FROM lock WHERE name = $1 FOR UPDATE", connection, transaction) { Parameters = { new NpgsqlParameter<string> { TypedValue = name } } };
                var found = await command.ExecuteScalarAsync() is not null;
                await transaction.CommitAsync();
                if (found) return;
            }
            // The first time that this lock is taken.
            await RunAsync("INSERT INTO lock VALUES ($1) ON CONFLICT DO NOTHING", new NpgsqlParameter<string> { TypedValue = name });
        }
    }

    public Task CreateAccountAsync(string account, long balance) =>
        RunAsync("INSERT INTO account VALUES ($1, $2)", new NpgsqlParameter<string> { TypedValue = account }, new NpgsqlParameter<long> { TypedValue = balance });

    public async Task TransferAsync(string from, string to)
    {
        await using var batch = source.CreateBatch();
        // Always in the same order, so that no two wait for one another; a batch is one transaction.
        foreach (var (name, amount) in new[] { (from, -1L), (to, 1L) }.OrderBy(t => t.Item1, StringComparer.Ordinal))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("UPDATE account SET balance = balance + $2 WHERE name = $1 AND balance + $2 >= 0")
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = name }, new NpgsqlParameter<long> { TypedValue = amount } },
            });
        }
        if (await batch.ExecuteNonQueryAsync() != 2) throw new InvalidOperationException("an account is not there, or empty");
    }

    // Its shortest way checks already.
    public Task TransferCheckedAsync(string from, string to) => TransferAsync(from, to);

    public Task CreateSessionsAsync(int count) => RunAsync("INSERT INTO session SELECT i, now() + '1 hour' FROM generate_series(0, $1 - 1) i", new NpgsqlParameter<int> { TypedValue = count });

    public Task KeepAliveAsync(int client, int session) => RunAsync("UPDATE session SET ends = now() + '1 hour' WHERE id = $1 AND ends > now()", new NpgsqlParameter<int> { TypedValue = session });

    public async Task<IAsyncDisposable> WatchAsync(string key, Action<ReadOnlyMemory<byte>> seen)
    {
        await RunAsync(
            """
            CREATE OR REPLACE FUNCTION tell() RETURNS trigger AS $$ BEGIN PERFORM pg_notify(new.k, encode(new.v, 'hex')); RETURN NULL; END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER tell AFTER INSERT OR UPDATE ON kv FOR EACH ROW WHEN (new.k LIKE 'watched/%') EXECUTE FUNCTION tell();
            """);
        var connection = new NpgsqlConnection($"{server.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        connection.Notification += (_, told) => seen(Convert.FromHexString(told.Payload));
        await using (var listen = new NpgsqlCommand($"LISTEN \"{key}\"", connection)) await listen.ExecuteNonQueryAsync();
        return new Following(async ct =>
        {
            await using (connection)
            {
                while (true) await connection.WaitAsync(ct);
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await server.DisposeAsync();
    }

    private async Task RunAsync(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        if (await command.ExecuteNonQueryAsync() == 0 && sql.StartsWith("UPDATE", StringComparison.Ordinal)) throw new InvalidOperationException("the row is not there");
    }
}
