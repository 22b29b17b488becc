using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>Stores rows in PostgreSQL, in one round trip.</summary>
internal sealed class PostgresInsert(string connectionString) : RowInsert
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

    public override async Task RunAsync(IReadOnlyList<NewRow> rows)
    {
        var (id, number, time, message, manifest, serializer) = (new string[rows.Count], new long[rows.Count], new long[rows.Count], new byte[rows.Count][], new string[rows.Count], new int[rows.Count]);
        Array.Fill(time, DateTime.UtcNow.Ticks);
        for (var i = 0; i < rows.Count; i++) (id[i], number[i], message[i], manifest[i], serializer[i]) = (rows[i].PersistenceId, rows[i].SequenceNr, rows[i].Message, rows[i].Manifest, rows[i].Serializer);
        (ids.TypedValue, numbers.TypedValue, created.TypedValue) = (id, number, time);
        (messages.TypedValue, manifests.TypedValue, serializers.TypedValue) = (message, manifest, serializer);
        if (Command is null) await OpenAsync();
        await Command!.ExecuteNonQueryAsync();
    }

    public override bool IsCollision(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    private async Task OpenAsync()
    {
        var connection = new NpgsqlConnection(connectionString);
        Connection = connection;
        await connection.OpenAsync();
        await using (var session = new NpgsqlCommand(Database.SessionSetup(postgres: true), connection)) await session.ExecuteNonQueryAsync();
        Command = new NpgsqlCommand(Sql, connection) { Parameters = { ids, numbers, created, messages, manifests, serializers } };
        await Command.PrepareAsync();
    }
}
