using System.Data.Common;
using AkkaHa.Node.Settings;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>
/// The node's database: a journal, and what says who owns which shard. On SQLite these are two files, so that taking a shard never waits
/// for a write of the journal; on PostgreSQL they are tables of one database.
/// </summary>
internal sealed class Database
{
    /// <summary>A journal write must not hold others up for longer than this when its process is stopped.</summary>
    private const string PostgresSession =
        "SET idle_in_transaction_session_timeout = '1s'; SET statement_timeout = '10s'; SET synchronous_commit = on";

    public Database(NodeSettings settings)
    {
        IsPostgres = settings.Storage.Provider == "postgres";
        if (IsPostgres)
        {
            JournalConnection = OwnershipConnection = Postgres(settings.Storage.ConnectionString);
            return;
        }
        Directory.CreateDirectory(settings.DataDirectory);
        JournalConnection = settings.Storage.ConnectionString.Length > 0
            // In a shared cache, reads would see what is not committed yet.
            ? new SqliteConnectionStringBuilder(settings.Storage.ConnectionString) { Cache = SqliteCacheMode.Private }.ConnectionString
            : Sqlite(Path.Combine(settings.DataDirectory, "journal.db"));
        var journalFile = new SqliteConnectionStringBuilder(JournalConnection).DataSource;
        OwnershipConnection = Sqlite(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(journalFile))!, "ownership.db"));
    }

    public bool IsPostgres { get; }

    public string JournalConnection { get; }

    public string OwnershipConnection { get; }

    /// <summary>An open connection to the tables of ownership.</summary>
    public Task<DbConnection> OpenOwnershipAsync(CancellationToken ct) => OpenAsync(OwnershipConnection, ct);

    /// <summary>An open connection to the journal.</summary>
    public Task<DbConnection> OpenJournalAsync(CancellationToken ct) => OpenAsync(JournalConnection, ct);

    private async Task<DbConnection> OpenAsync(string connectionString, CancellationToken ct)
    {
        DbConnection connection = IsPostgres ? new NpgsqlConnection(connectionString) : new SqliteConnection(connectionString);
        try
        {
            await connection.OpenAsync(ct);
            await using var command = connection.CreateCommand();
            command.CommandText = SessionSetup(IsPostgres);
            await command.ExecuteNonQueryAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static string Postgres(string connectionString)
    {
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "akkaha", KeepAlive = 10, TcpKeepAlive = true, Timeout = 3, CommandTimeout = 10,
            // A commit that waits for its standby and is cancelled answers success, though the standby does not have it. So a command that has run out of time breaks
            // its connection, and its outcome is unknown, instead of asking PostgreSQL to cancel and believing what comes.
            CancellationTimeout = -1,
        };
        if (builder.Host?.Contains(',', StringComparison.Ordinal) != true) return builder.ConnectionString;
        // Of several servers, only the primary will do, and one that was promoted must be found within a second, not within Npgsql's ten.
        builder.TargetSessionAttributes ??= "primary";
        if (!given.ContainsKey("Host Recheck Seconds") && !given.ContainsKey("HostRecheckSeconds")) builder.HostRecheckSeconds = 1;
        return builder.ConnectionString;
    }

    /// <summary>What every connection says first.</summary>
    public static string SessionSetup(bool postgres) =>
        postgres ? PostgresSession : "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";

    private static string Sqlite(string file) => new SqliteConnectionStringBuilder { DataSource = file, Pooling = true, DefaultTimeout = 10 }.ConnectionString;
}
