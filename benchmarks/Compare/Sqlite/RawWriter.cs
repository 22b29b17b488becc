using Microsoft.Data.Sqlite;

namespace AkkaHa.Compare.Sqlite;

/// <summary>SQLite itself, as durable as the journal: one prepared statement, rows of the same bytes for the same entities, so many in a transaction.</summary>
internal sealed class RawWriter : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly SqliteCommand insert;
    private readonly int entities;
    private long number;

    /// <param name="file">A new database.</param>
    /// <param name="entities">So many rows are a transaction, one of each.</param>
    /// <param name="withIndex">The unique index that a journal can't do without; else SQLite has nothing to do but to append.</param>
    public RawWriter(string file, int entities, bool withIndex)
    {
        this.entities = entities;
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        connection.Open();
        Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        Run("CREATE TABLE journal (ordering INTEGER PRIMARY KEY AUTOINCREMENT, persistence_id TEXT NOT NULL, sequence_number INTEGER NOT NULL, created INTEGER NOT NULL, message BLOB NOT NULL, manifest TEXT, identifier INTEGER)");
        if (withIndex) Run("CREATE UNIQUE INDEX journal_entity_number ON journal (persistence_id, sequence_number)");
        insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES ($id, $number, $created, $message, 'e', 4117)";
        insert.Parameters.Add("$id", SqliteType.Text);
        insert.Parameters.Add("$number", SqliteType.Integer);
        insert.Parameters.Add("$created", SqliteType.Integer);
        insert.Parameters.Add("$message", SqliteType.Blob);
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
            number++;
            for (var entity = 0; entity < entities; entity++)
            {
                insert.Parameters["$id"].Value = $"kv/{entity}";
                insert.Parameters["$number"].Value = number;
                insert.Parameters["$created"].Value = DateTime.UtcNow.Ticks;
                insert.Parameters["$message"].Value = OneEvent.Bytes;
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
            rows += entities;
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
