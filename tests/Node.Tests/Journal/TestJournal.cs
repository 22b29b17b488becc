using System.Collections.Concurrent;
using System.Data.Common;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql.Journal;
using Akka.Persistence.Sql.Snapshot;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Npgsql;
using Envelope = AkkaHa.Messages.Storage.Envelope;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>A journal on a real database, with rows as entities write them.</summary>
internal sealed class TestJournal(Database database, NodeSettings settings)
{
    private readonly ConcurrentDictionary<string, long> last = new(StringComparer.Ordinal);

    public Database Database { get; } = database;

    public NodeSettings Settings { get; } = settings;

    public Task EnsureSchemaAsync() => new Schema(Database, Settings).EnsureAsync(default);

    /// <summary>One row.</summary>
    public async Task AppendAsync(string id, params Event[] events)
    {
        await using var connection = await Database.OpenJournalAsync(default);
        await InsertAsync(connection, null, id, events);
        Database.Signal.Written();
    }

    public async Task InsertAsync(DbConnection connection, DbTransaction? transaction, string id, params Event[] events)
    {
        var envelope = new Envelope { Schema = Entity.Schema, Epoch = 1, TimeMs = 1000, Events = { events } };
        await InsertAsync(connection, transaction, id, last.AddOrUpdate(id, 1, (_, n) => n + 1), envelope);
    }

    public static async Task InsertAsync(DbConnection connection, DbTransaction? transaction, string id, long sequenceNr, Envelope envelope)
    {
        await using var command = connection.Command(
            transaction, "INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES (@id, @number, 0, @message, 'e', 4117)",
            [("@id", id), ("@number", sequenceNr), ("@message", envelope.ToByteArray())]);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Many rows of a hundred keys, in PostgreSQL, which has just looked at them all.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="transactions">In so many transactions.</param>
    /// <param name="value">Of each.</param>
    public async Task FillAsync(int rows, int transactions = 1, string value = "x")
    {
        await AppendAsync("kv/first", Put(value, 1));
        for (var done = 0; done < rows; done += rows / transactions)
        {
            await RunAsync(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"""
                INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
                SELECT 'kv/' || n % 100, n, created, message, manifest, identifier FROM journal, generate_series({done + 1}, {done + (rows / transactions)}) n WHERE persistence_id = 'kv/first'
                """));
        }
        await RunAsync("VACUUM ANALYZE journal");
    }

    /// <summary>A system whose actors have this journal and its snapshots.</summary>
    /// <param name="thePluginsOwn">As Akka.Persistence.Sql has them, without what is ours.</param>
    /// <param name="gatherFor">How long rows of transactions wait for company, in HOCON; null: as nodes have it.</param>
    /// <param name="callTimeout">How long a write may wait for the database, in HOCON; null: as nodes have it.</param>
    public ActorSystem StartSystem(bool thePluginsOwn = false, string? gatherFor = null, string? callTimeout = null)
    {
        var config = ConfigurationFactory.ParseString($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.actor.serializers.akkaha = "{{TypeName<EntitySerializer>()}}"
            akka.actor.serialization-bindings {
              "{{TypeName<Envelope>()}}" = akkaha
              "{{TypeName<Snapshot>()}}" = akkaha
            }
            """);
        if (gatherFor is not null) config = ConfigurationFactory.ParseString($"akka.persistence.journal.sql.gather-for = {gatherFor}").WithFallback(config);
        if (callTimeout is not null) config = ConfigurationFactory.ParseString($"akka.persistence.journal.sql.circuit-breaker.call-timeout = {callTimeout}").WithFallback(config);
        if (thePluginsOwn)
            config = config.WithFallback(ConfigurationFactory.ParseString($$"""
                akka.persistence.journal.sql.class = "{{TypeName<SqlWriteJournal>()}}"
                akka.persistence.snapshot-store.sql.class = "{{TypeName<SqlSnapshotStore>()}}"
                """));
        return ActorSystem.Create("journal", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config.WithFallback(JournalSetup.Config(Database, Settings))), JournalSetup.Connection(Database)));
    }

    /// <summary>Until this is committed no row of others comes in; reads go on.</summary>
    /// <param name="sql">What is done in it.</param>
    public async Task<HeldJournal> HoldAsync(string sql = "")
    {
        // Connections of nodes would be ended, for they hold up others.
        DbConnection connection = Database.IsPostgres ? new NpgsqlConnection(Database.JournalConnection) : new SqliteConnection(Database.JournalConnection);
        await connection.OpenAsync();
        // On SQLite, this has the only write lock from its beginning.
        var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.Command(transaction, (Database.IsPostgres ? "LOCK TABLE journal IN EXCLUSIVE MODE;" : "") + sql);
        if (command.CommandText.Length > 0) await command.ExecuteNonQueryAsync();
        return new HeldJournal(connection, transaction);
    }

    private static string TypeName<T>() => $"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}";

    public async Task<JournalPosition> HorizonAsync()
    {
        await using var connection = await Database.OpenKeysAsync(default);
        return await new JournalReader(Database).HorizonAsync(connection, default);
    }

    public async Task RunAsync(string sql)
    {
        await using var connection = await Database.OpenKeysAsync(default);
        await using var command = connection.Command(null, sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<string>> ReadAsync(string sql)
    {
        await using var connection = await Database.OpenKeysAsync(default);
        await using var command = connection.Command(null, sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        return rows;
    }

    public static Event Put(string value, long revision, long expiresAtMs = 0, string session = "") => new()
    {
        KeyWritten = new KeyWritten { Present = true, Value = ByteString.CopyFromUtf8(value), Revision = revision, ExpiresAtMs = expiresAtMs, SessionId = session },
    };

    public static Event Delete(long revision, bool expired = false) => new() { KeyWritten = new KeyWritten { Revision = revision, Expired = expired } };

    public static Event Prepared(string transaction, KeyWritten? then, KeyWritten? @else = null) => new()
    {
        Prepared = new Prepared
        {
            TransactionId = transaction, Attempt = 1, Coordinator = "txn/1", Intents = { new Intent { Exclusive = true } },
            Then = new PreparedBranch { Write = then }, Else = new PreparedBranch { Write = @else },
        },
    };

    public static Event Applied(string transaction, bool then = true, KeyWritten? write = null) => new() { Applied = new Applied { TransactionId = transaction, Then = then, Write = write } };

    public static Event Discarded(string transaction) => new() { Discarded = new Discarded { TransactionId = transaction } };
}

/// <summary>A transaction that keeps others from writing.</summary>
internal sealed class HeldJournal(DbConnection connection, DbTransaction transaction) : IAsyncDisposable
{
    public Task LetGoAsync() => transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
