using Microsoft.Data.Sqlite;

namespace AkkaHa.Compare.Sqlite;

/// <summary>SQLite itself, as it comes, and as durable as the journal: one prepared statement, rows of the same bytes for the same entities, so many in a transaction.</summary>
internal sealed class RawWriter : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly SqliteCommand insert;
    private readonly SqliteParameter id = new("$id", SqliteType.Text);
    private readonly SqliteParameter number = new("$number", SqliteType.Integer);
    private readonly SqliteParameter created = new("$created", SqliteType.Integer);
    private readonly string[] ids;
    private long rounds;

    /// <param name="file">A new database.</param>
    /// <param name="entities">So many rows are a transaction, one of each.</param>
    /// <param name="withIndex">The unique index that a journal can't do without; else SQLite has nothing to do but to append.</param>
    public RawWriter(string file, int entities, bool withIndex)
    {
        ids = [.. Enumerable.Range(0, entities).Select(i => $"kv/{i}")];
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        connection.Open();
        Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        Run("CREATE TABLE journal (ordering INTEGER PRIMARY KEY AUTOINCREMENT, persistence_id TEXT NOT NULL, sequence_number INTEGER NOT NULL, created INTEGER NOT NULL, message BLOB NOT NULL, manifest TEXT, identifier INTEGER)");
        if (withIndex) Run("CREATE UNIQUE INDEX journal_entity_number ON journal (persistence_id, sequence_number)");
        insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES ($id, $number, $created, $message, 'e', 4117)";
        insert.Parameters.AddRange([id, number, created, new SqliteParameter("$message", SqliteType.Blob) { Value = OneEvent.Bytes }]);
        insert.Prepare();
    }

    /// <returns>Rows made durable in a second.</returns>
    public double PerSecond(TimeSpan time)
    {
        var (from, rows) = (TimeProvider.System.GetTimestamp(), 0L);
        TimeSpan took;
        do
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            insert.Transaction = transaction;
            (number.Value, created.Value) = (++rounds, DateTime.UtcNow.Ticks);
            foreach (var entity in ids)
            {
                id.Value = entity;
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
            rows += ids.Length;
            took = TimeProvider.System.GetElapsedTime(from);
        }
        while (took < time);
        return rows / took.TotalSeconds;
    }

    public void Dispose()
    {
        insert.Dispose();
        connection.Dispose();
    }

    private void Run(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
