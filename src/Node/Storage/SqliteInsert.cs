using Microsoft.Data.Sqlite;

namespace AkkaHa.Node.Storage;

/// <summary>Stores rows in SQLite, in one transaction. SQLite never gives a thread back while it writes: it has its caller's.</summary>
internal sealed class SqliteInsert(string connectionString) : RowInsert
{
    private const int ConstraintViolated = 19;
    private const int WaitForLockSeconds = 10;

    private const string Sql = """
        INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier, tags) VALUES ($id, $number, $created, $message, $manifest, $serializer, '')
        """;

    private readonly SqliteParameter id = new("$id", SqliteType.Text);
    private readonly SqliteParameter number = new("$number", SqliteType.Integer);
    private readonly SqliteParameter created = new("$created", SqliteType.Integer);
    private readonly SqliteParameter message = new("$message", SqliteType.Blob);
    private readonly SqliteParameter manifest = new("$manifest", SqliteType.Text);
    private readonly SqliteParameter serializer = new("$serializer", SqliteType.Integer);

    public override Task RunAsync(IReadOnlyList<NewRow> rows)
    {
        if (Command is null) Open();
        created.Value = DateTime.UtcNow.Ticks;
        // It takes the write lock at once, and waits for it here.
        using var transaction = ((SqliteConnection)Connection!).BeginTransaction(deferred: false);
        Command!.Transaction = transaction;
        foreach (var row in rows)
        {
            (id.Value, number.Value, message.Value, manifest.Value, serializer.Value) = (row.PersistenceId, row.SequenceNr, row.Message, row.Manifest, row.Serializer);
            Command.ExecuteNonQuery();
        }
        transaction.Commit();
        return Task.CompletedTask;
    }

    public override bool IsCollision(Exception e) => e is SqliteException { SqliteErrorCode: ConstraintViolated };

    /// <summary>Not from the pool, and not back to it: whatever state it is in, nobody else gets it.</summary>
    internal static SqliteConnection Connect(string connectionString)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Pooling = false, DefaultTimeout = WaitForLockSeconds }.ConnectionString);
        try
        {
            connection.Open();
            using var session = connection.CreateCommand();
            session.CommandText = Database.SessionSetup(postgres: false);
            session.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Open()
    {
        Connection = Connect(connectionString);
        Command = Connection.CreateCommand();
        Command.CommandText = Sql;
        Command.Parameters.AddRange((SqliteParameter[])[id, number, created, message, manifest, serializer]);
        Command.Prepare();
    }
}
