using System.Collections.Concurrent;
using System.Data;
using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>
/// A query that is asked so often that planning it would be most of what it costs: it is planned once for each of its connections, which are its own and kept open. Since that plan may have been made while the tables were
/// empty, nothing is left to what PostgreSQL knows of them: rows are found by an index, always.
/// </summary>
/// <param name="connectionString">Where.</param>
/// <param name="sql">The query. Every table in it must have the index that it is to go by.</param>
internal sealed class PreparedRead(string connectionString, string sql) : IDisposable
{
    /// <summary>All on such a connection is planned by indexes alone and without the values that it is asked with; what is prepared on it, once.</summary>
    public const string PlanOnce = "SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

    private const string Session = PlanOnce + "; SET statement_timeout = '10s'";

    private readonly ConcurrentBag<NpgsqlConnection> idle = [];
    private volatile bool disposed;

    /// <summary>As many connections are opened as there are readers at a time.</summary>
    public async Task ReadAsync(Action<NpgsqlDataReader> each, params NpgsqlParameter[] parameters)
    {
        var connection = TakeIdle() ?? await OpenAsync();
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            // Only the first time is anything sent.
            await command.PrepareAsync();
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync()) each(rows);
        }
        catch
        {
            await connection.DisposeAsync();
            // What ended this one (the server was started anew, or another took its place) has most likely ended the others: whoever tries again is to have one that is new.
            CloseIdle();
            throw;
        }
        idle.Add(connection);
        if (disposed) CloseIdle();
    }

    public void Dispose()
    {
        disposed = true;
        CloseIdle();
    }

    /// <summary>Of one that is not open any more nothing is known but that: it was looked after while it was idle.</summary>
    private NpgsqlConnection? TakeIdle()
    {
        while (idle.TryTake(out var connection))
        {
            if (connection.State == ConnectionState.Open) return connection;
            connection.Dispose();
        }
        return null;
    }

    private void CloseIdle()
    {
        while (idle.TryTake(out var connection)) connection.Dispose();
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            await using var session = new NpgsqlCommand(Session, connection);
            await session.ExecuteNonQueryAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
