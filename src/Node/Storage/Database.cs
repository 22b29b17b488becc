using System.Data.Common;
using System.Globalization;
using AkkaHa.Node.Journal;
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

    /// <summary>Whoever waits for another's row gives up before that costs it its own lease.</summary>
    private const string OwnershipSession = PostgresSession + "; SET lock_timeout = '1s'";

    /// <summary>
    /// Each row of the journal changes a page of the index of its entity's own, and a whole page goes into the log for it: so pages are small (ADR 0044). A file that is there keeps its own. 8 MiB of log between two checkpoints,
    /// 16 with pages of before: what is changed again meanwhile is written to the file once.
    /// </summary>
    private const string SqliteSession =
        "PRAGMA page_size = 2048; PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000";

    private readonly PostgresConnections? postgres;

    public Database(NodeSettings settings)
    {
        IsPostgres = settings.Storage.Provider == "postgres";
        if (IsPostgres)
        {
            postgres = new PostgresConnections(settings.Storage, TimeSpan.FromMilliseconds(settings.Ownership.LeaseMs));
            OwnershipConnection = postgres.Process;
            LeaseConnection = postgres.Lease("akkaha");
            JournalConnection = postgres.Journal("akkaha");
            KeysConnection = postgres.Keys;
            return;
        }
        Directory.CreateDirectory(settings.DataDirectory);
        JournalConnection = settings.Storage.ConnectionString.Length > 0
            // In a shared cache, reads would see what is not committed yet.
            ? new SqliteConnectionStringBuilder(settings.Storage.ConnectionString) { Cache = SqliteCacheMode.Private }.ConnectionString
            : Sqlite(Path.Combine(settings.DataDirectory, "journal.db"));
        KeysConnection = JournalConnection;
        var journalFile = new SqliteConnectionStringBuilder(JournalConnection).DataSource;
        OwnershipConnection = Sqlite(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(journalFile))!, "ownership.db"));
        LeaseConnection = new SqliteConnectionStringBuilder(OwnershipConnection) { Pooling = false, DefaultTimeout = 2 }.ConnectionString;
    }

    private Database(PostgresConnections postgres, JournalSignal signal, string applicationName)
    {
        this.postgres = postgres;
        Signal = signal;
        IsPostgres = true;
        KeysConnection = postgres.Keys;
        OwnershipConnection = postgres.Ownership(applicationName);
        LeaseConnection = postgres.Lease(applicationName);
        JournalConnection = postgres.Journal(applicationName);
    }

    public bool IsPostgres { get; }

    public string JournalConnection { get; }

    public string OwnershipConnection { get; }

    private string KeysConnection { get; }

    /// <summary>Tells when this process has written keys.</summary>
    public JournalSignal Signal { get; } = new();

    private string LeaseConnection { get; }

    /// <summary>In SQL, the clock that all nodes have in common, in milliseconds: the server's or, on SQLite, the machine's.</summary>
    public string NowMs => IsPostgres ? "(extract(epoch FROM clock_timestamp()) * 1000)::bigint" : "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)";

    /// <summary>What an incarnation's connections are known by on the PostgreSQL server, so that whoever fences it can end them: whatever it was in the middle of, it keeps no lock.</summary>
    /// <param name="node">Address, blank, incarnation; or the incarnation alone.</param>
    public static string ApplicationNameOf(string node) => $"akkaha-{node[(node.LastIndexOf(' ') + 1)..]}";

    /// <summary>The same database, for one incarnation, by connections of its own.</summary>
    public Database Of(string incarnation) => postgres is null ? this : new Database(postgres, Signal, ApplicationNameOf(incarnation));

    /// <summary>Closes what an incarnation that has ended leaves open.</summary>
    public void Forget()
    {
        if (postgres is null) return;
        foreach (var pool in (string[])[JournalConnection, OwnershipConnection])
        {
            using var any = new NpgsqlConnection(pool);
            NpgsqlConnection.ClearPool(any);
        }
    }

    /// <summary>An open connection for the renewals of a lease. Blocks its thread.</summary>
    public DbConnection OpenLease()
    {
        DbConnection connection = IsPostgres ? new NpgsqlConnection(LeaseConnection) : new SqliteConnection(LeaseConnection);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = postgres is { } server
                ? string.Create(CultureInfo.InvariantCulture, $"SET idle_in_transaction_session_timeout = '1s'; SET statement_timeout = '{server.LeaseStatementSeconds}s'; SET lock_timeout = '1s'; SET synchronous_commit = on")
                : "PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>An open connection to the tables of ownership.</summary>
    public Task<DbConnection> OpenOwnershipAsync(CancellationToken ct) => OpenAsync(OwnershipConnection, IsPostgres ? OwnershipSession : SessionSetup(postgres: false), ct);

    /// <summary>An open connection to the journal.</summary>
    public Task<DbConnection> OpenJournalAsync(CancellationToken ct) => OpenAsync(JournalConnection, SessionSetup(IsPostgres), ct);

    /// <summary>An open connection to the journal and what is made of it, for those who read across entities: the entities' own are never used up by them.</summary>
    /// <param name="ct">Gives up.</param>
    /// <param name="planOnce">On PostgreSQL, until it is closed it plans as <see cref="PreparedRead.PlanOnce"/> says.</param>
    public Task<DbConnection> OpenKeysAsync(CancellationToken ct, bool planOnce = false) =>
        OpenAsync(KeysConnection, SessionSetup(IsPostgres) + (planOnce && IsPostgres ? "; " + PreparedRead.PlanOnce : ""), ct);

    /// <summary>An open connection to the same for one incarnation: on PostgreSQL one of those that its journal has, so that there are never more than were given.</summary>
    public Task<DbConnection> OpenJournalAsync(string incarnation, CancellationToken ct) => Of(incarnation).OpenJournalAsync(ct);

    private async Task<DbConnection> OpenAsync(string connectionString, string session, CancellationToken ct)
    {
        DbConnection connection = IsPostgres ? new NpgsqlConnection(connectionString) : new SqliteConnection(connectionString);
        try
        {
            await connection.OpenAsync(ct);
            await using var command = connection.CreateCommand();
            command.CommandText = session;
            await command.ExecuteNonQueryAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>What every connection says first.</summary>
    public static string SessionSetup(bool postgres) => postgres ? PostgresSession : SqliteSession;

    private static string Sqlite(string file) => new SqliteConnectionStringBuilder { DataSource = file, Pooling = true, DefaultTimeout = 10 }.ConnectionString;
}
