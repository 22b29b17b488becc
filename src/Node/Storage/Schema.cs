using System.Data.Common;
using System.Globalization;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Storage;

/// <summary>
/// Makes the tables, once, whichever node comes first. The journal's are as Akka.Persistence.Sql expects them; its own initialization is off,
/// because several nodes that start together on PostgreSQL would trip over one another.
/// </summary>
internal sealed class Schema(Database database, NodeSettings settings)
{
    private const long PostgresAdvisoryLock = 0x616B6B616861; // "akkaha"

    private const int NoTimeout = 0;

    private const string SqliteJournal = """
        CREATE TABLE IF NOT EXISTS journal (
          ordering INTEGER PRIMARY KEY AUTOINCREMENT,
          persistence_id TEXT NOT NULL,
          sequence_number INTEGER NOT NULL,
          deleted INTEGER NOT NULL DEFAULT 0,
          created INTEGER NOT NULL,
          message BLOB NOT NULL,
          manifest TEXT NULL,
          identifier INTEGER NULL,
          tags TEXT NULL,
          writer_uuid TEXT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS journal_entity_number ON journal (persistence_id, sequence_number);
        CREATE TABLE IF NOT EXISTS snapshot (
          persistence_id TEXT NOT NULL,
          sequence_number INTEGER NOT NULL,
          created INTEGER NOT NULL,
          snapshot BLOB NOT NULL,
          manifest TEXT NULL,
          serializer_id INTEGER NULL,
          PRIMARY KEY (persistence_id, sequence_number));
        CREATE TABLE IF NOT EXISTS outcome (
          transaction_id TEXT PRIMARY KEY,
          outcome TEXT NOT NULL,
          payload_hash BLOB NOT NULL,
          settled_at_ms INTEGER NOT NULL,
          keep_until_ms INTEGER NOT NULL,
          record BLOB NOT NULL);
        CREATE INDEX IF NOT EXISTS outcome_keep_until ON outcome (keep_until_ms);
        """;

    /// <summary>What is made of the journal for lists and watches, the same for both but for types: marks in it, keys that are there, transactions that may write keys, sessions that have ended, locks in use.</summary>
    private const string Index = """
        CREATE TABLE IF NOT EXISTS journal_mark (name TEXT PRIMARY KEY, xid BIGINT NOT NULL, ordering BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS key_index (
          key {TEXT} PRIMARY KEY,
          revision BIGINT NOT NULL,
          value {BYTES} NOT NULL,
          session_id TEXT NOT NULL,
          expires_at_ms BIGINT NOT NULL,
          session_ended INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS key_index_expiry ON key_index (expires_at_ms, key) WHERE expires_at_ms > 0;
        CREATE INDEX IF NOT EXISTS key_index_session ON key_index (session_id) WHERE session_id <> '';
        CREATE INDEX IF NOT EXISTS key_index_ended ON key_index (key) WHERE session_ended = 1;
        CREATE TABLE IF NOT EXISTS key_open (key {TEXT} NOT NULL, transaction_id TEXT NOT NULL, PRIMARY KEY (key, transaction_id));
        CREATE TABLE IF NOT EXISTS ended_session (session_id TEXT PRIMARY KEY, ended_at_ms BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS lock_index (name {TEXT} PRIMARY KEY);
        INSERT INTO journal_mark (name, xid, ordering) VALUES ('floor', 0, 0), ('rebuild', 0, 0) ON CONFLICT (name) DO NOTHING;
        INSERT INTO journal_mark (name, xid, ordering) VALUES ('outcomes', 0, {NOW}) ON CONFLICT (name) DO NOTHING;
        INSERT INTO journal_mark (name, xid, ordering) SELECT 'indexed', 0, 0 WHERE NOT EXISTS (SELECT 1 FROM journal) ON CONFLICT (name) DO NOTHING;
        INSERT INTO journal_mark (name, xid, ordering) SELECT 'locks', 0, 0 WHERE NOT EXISTS (SELECT 1 FROM journal) ON CONFLICT (name) DO NOTHING;
        """;

    /// <summary>
    /// In which transaction each row was written: the order in which the journal is read across entities. Rows of before have that of this change, and their ordering.
    /// </summary>
    private const string PostgresPosition = """
        ALTER TABLE journal ADD COLUMN IF NOT EXISTS xid xid8 NOT NULL DEFAULT pg_current_xact_id();
        CREATE INDEX IF NOT EXISTS journal_position ON journal (xid, ordering);
        """;

    /// <summary>
    /// On another server (a dump that was restored), transaction ids begin anew, and those of the rows would lie in the future: they get this one's. Positions of before are not known any more,
    /// and the index is made again.
    /// </summary>
    private const string PostgresOtherServer = """
        DO $$ BEGIN
          IF EXISTS (SELECT 1 FROM journal WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()) AND xid <> pg_current_xact_id()) THEN
            LOCK TABLE journal IN ACCESS EXCLUSIVE MODE;
            UPDATE journal SET xid = pg_current_xact_id();
            DELETE FROM journal_mark WHERE name IN ('indexed', 'rebuilt', 'locks');
            UPDATE journal_mark SET xid = pg_current_xact_id()::text::bigint, ordering = (SELECT max(ordering) FROM journal) WHERE name = 'floor';
          END IF;
        END $$;
        """;

    private const string SqliteOwnership = """
        CREATE TABLE IF NOT EXISTS shard (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, holder TEXT NULL);
        CREATE TABLE IF NOT EXISTS node (node TEXT PRIMARY KEY, counter INTEGER NOT NULL, fenced INTEGER NOT NULL, lease_ms INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        """;

    private const string Postgres = """
        CREATE TABLE IF NOT EXISTS journal (
          ordering BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
          persistence_id TEXT NOT NULL,
          sequence_number BIGINT NOT NULL,
          deleted BOOLEAN NOT NULL DEFAULT FALSE,
          created BIGINT NOT NULL,
          message BYTEA NOT NULL,
          manifest TEXT NULL,
          identifier INTEGER NULL,
          tags TEXT NULL,
          writer_uuid TEXT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS journal_entity_number ON journal (persistence_id, sequence_number);
        CREATE TABLE IF NOT EXISTS snapshot (
          persistence_id TEXT NOT NULL,
          sequence_number BIGINT NOT NULL,
          created BIGINT NOT NULL,
          snapshot BYTEA NOT NULL,
          manifest TEXT NULL,
          serializer_id INTEGER NULL,
          PRIMARY KEY (persistence_id, sequence_number));
        CREATE TABLE IF NOT EXISTS outcome (
          transaction_id TEXT PRIMARY KEY,
          outcome TEXT NOT NULL,
          payload_hash BYTEA NOT NULL,
          settled_at_ms BIGINT NOT NULL,
          keep_until_ms BIGINT NOT NULL,
          record BYTEA NOT NULL);
        CREATE INDEX IF NOT EXISTS outcome_keep_until ON outcome (keep_until_ms);
        CREATE TABLE IF NOT EXISTS shard (shard INTEGER PRIMARY KEY, epoch BIGINT NOT NULL, holder TEXT NULL);
        CREATE TABLE IF NOT EXISTS node (node TEXT PRIMARY KEY, counter BIGINT NOT NULL, fenced BOOLEAN NOT NULL, lease_ms BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        """;

    /// <summary>Makes what is not there.</summary>
    /// <exception cref="InvalidSettingsException">The data was made with another number of shards.</exception>
    public async Task EnsureAsync(CancellationToken ct)
    {
        if (database.IsPostgres)
        {
            await using var connection = await database.OpenOwnershipAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await RunAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({PostgresAdvisoryLock})"), ct);
            await RunAsync(connection, Postgres, ct);
            await EnsurePositionAsync(connection, ct);
            await RunAsync(connection, IndexOf("TEXT COLLATE \"C\"", "BYTEA"), ct);
            await RunAsync(connection, "SET LOCAL statement_timeout = 0;" + PostgresOtherServer, ct, NoTimeout);
            await CheckShardsAsync(connection, ct);
            await transaction.CommitAsync(ct);
            return;
        }
        await using (var journal = await database.OpenJournalAsync(ct)) await RunAsync(journal, SqliteJournal + IndexOf("TEXT", "BLOB"), ct);
        await using var ownership = await database.OpenOwnershipAsync(ct);
        await RunAsync(ownership, SqliteOwnership, ct);
        await CheckShardsAsync(ownership, ct);
    }

    /// <summary>Of outcomes deleted by versions that did not say so, all were to be kept until before now.</summary>
    private string IndexOf(string text, string bytes) => Index.Replace("{TEXT}", text, StringComparison.Ordinal).Replace("{BYTES}", bytes, StringComparison.Ordinal).Replace("{NOW}", database.NowMs, StringComparison.Ordinal);

    /// <summary>Looks first: a table that is in use is not locked for what it has already.</summary>
    private static async Task EnsurePositionAsync(DbConnection connection, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'journal_position')";
        if (await command.ExecuteScalarAsync(ct) is true) return;
        // Of large journals, this takes a while once; it is not begun while others write.
        await RunAsync(connection, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '10s'; " + PostgresPosition, ct, NoTimeout);
    }

    private async Task CheckShardsAsync(DbConnection connection, CancellationToken ct)
    {
        var mine = settings.Shards.ToString(CultureInfo.InvariantCulture);
        await RunAsync(connection, $"INSERT INTO setting (name, value) VALUES ('shards', '{mine}') ON CONFLICT (name) DO NOTHING", ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM setting WHERE name = 'shards'";
        var stored = (string?)await command.ExecuteScalarAsync(ct);
        if (stored != mine)
            throw new InvalidSettingsException($"AkkaHa:Shards is {mine}, but the data was made with {stored}; the number of shards can't change");
        // All rows are there from the start, that of the coordinator too: taking one is never an insert, which could not be locked before.
        var rows = database.IsPostgres
            ? $"SELECT number, 0, NULL FROM generate_series({ShardRow.Coordinator}, {settings.Shards - 1}) AS number"
            : $"WITH RECURSIVE numbers(number) AS (SELECT {ShardRow.Coordinator} UNION ALL SELECT number + 1 FROM numbers WHERE number < {settings.Shards - 1}) SELECT number, 0, NULL FROM numbers WHERE true";
        await RunAsync(connection, $"INSERT INTO shard (shard, epoch, holder) {rows} ON CONFLICT (shard) DO NOTHING", ct);
    }

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken ct, int? timeoutSeconds = null)
    {
        await using var command = connection.CreateCommand();
        if (timeoutSeconds is { } seconds) command.CommandTimeout = seconds;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(ct);
    }
}
