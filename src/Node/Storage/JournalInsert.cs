using System.Collections.Immutable;
using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>A row to be stored.</summary>
internal sealed record NewRow(string PersistenceId, long SequenceNr, byte[] Message, string Manifest, int Serializer);

/// <summary>Rows of one entity, all or none, and who waits for them. Null is Akka's word for "none was rejected".</summary>
/// <param name="Rows">The rows.</param>
/// <param name="IsOfTransactions">All that they tell of is done by transactions over several entities.</param>
internal sealed record JournalWrite(IReadOnlyList<NewRow> Rows, bool IsOfTransactions)
{
    // Who waits is Akka's journal, and only passes it on to the entity: that is done at once, and not by another thread.
    public TaskCompletionSource<IImmutableList<Exception>> Done { get; } = new();
}

/// <summary>Stores rows in PostgreSQL, all or none, in one round trip. Keeps one connection, with the statement prepared. For one caller at a time.</summary>
internal sealed class JournalInsert(string connectionString)
{
    // The numbers of the rows of one entity must grow with their ordering, for that is how they are read across entities. Without a transaction begun by a statement of its own, no process that
    // is stopped between two statements holds rows that others wait for.
    private const string Sql = """
        INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier, tags)
        SELECT id, number, created, message, manifest, serializer, ''
        FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS row (id, number, created, message, manifest, serializer, place) ORDER BY place
        """;

    private readonly NpgsqlParameter<string[]> ids = new();
    private readonly NpgsqlParameter<long[]> numbers = new();
    private readonly NpgsqlParameter<long[]> created = new();
    private readonly NpgsqlParameter<byte[][]> messages = new();
    private readonly NpgsqlParameter<string[]> manifests = new();
    private readonly NpgsqlParameter<int[]> serializers = new();
    private NpgsqlConnection? connection;
    private NpgsqlCommand? command;

    /// <summary>Durable when this returns; when it throws, they are stored or not.</summary>
    public async Task RunAsync(IReadOnlyList<NewRow> rows)
    {
        ids.TypedValue = [.. rows.Select(r => r.PersistenceId)];
        numbers.TypedValue = [.. rows.Select(r => r.SequenceNr)];
        created.TypedValue = [.. Enumerable.Repeat(DateTime.UtcNow.Ticks, rows.Count)];
        messages.TypedValue = [.. rows.Select(r => r.Message)];
        manifests.TypedValue = [.. rows.Select(r => r.Manifest)];
        serializers.TypedValue = [.. rows.Select(r => r.Serializer)];
        if (command is null) await OpenAsync();
        await command!.ExecuteNonQueryAsync();
    }

    /// <summary>The next rows get another connection: this one may be in any state.</summary>
    public async Task CloseAsync()
    {
        var (oldCommand, oldConnection) = (command, connection);
        (command, connection) = (null, null);
        if (oldCommand is not null)
        {
            oldCommand.Parameters.Clear();
            await oldCommand.DisposeAsync();
        }
        if (oldConnection is not null) await oldConnection.DisposeAsync();
    }

    /// <summary>Whatever of this fails, <see cref="CloseAsync"/> takes the parameters back from the command: they are used again with the next.</summary>
    private async Task OpenAsync()
    {
        connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using (var session = new NpgsqlCommand(Database.SessionSetup(postgres: true), connection)) await session.ExecuteNonQueryAsync();
        command = new NpgsqlCommand(Sql, connection) { Parameters = { ids, numbers, created, messages, manifests, serializers } };
        await command.PrepareAsync();
    }
}
