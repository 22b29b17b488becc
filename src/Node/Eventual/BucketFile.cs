using System.Globalization;
using AkkaHa.Core.Eventual;
using Microsoft.Data.Sqlite;

namespace AkkaHa.Node.Eventual;

/// <summary>
/// The file of a node's eventual data: the latest state of each bucket, and which replica wrote it. One process has it open at a time.
/// </summary>
internal sealed class BucketFile : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly FileStream openHere;

    private BucketFile(SqliteConnection connection, FileStream openHere) => (this.connection, this.openHere) = (connection, openHere);

    public static string PathOf(string dataDirectory, int remotePort) => Path.Combine(dataDirectory, string.Create(CultureInfo.InvariantCulture, $"eventual-{remotePort}.db"));

    /// <exception cref="IOException">It is open elsewhere.</exception>
    /// <exception cref="SqliteException">It can't be read or written.</exception>
    public static BucketFile Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Two who write as the same replica would take their changes for each other's.
        var openHere = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            Run(connection, """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, manifest TEXT NOT NULL, state BLOB NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS writer (one INTEGER PRIMARY KEY CHECK (one = 1), replica INTEGER NOT NULL, address TEXT NOT NULL, complete INTEGER NOT NULL);
                """);
            return new BucketFile(connection, openHere);
        }
        catch
        {
            connection.Dispose();
            openHere.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Who writes from here on. The last replica goes on if it said that everything of it is in the file; otherwise others may know changes of its that are not, and this is another one. That it
    /// writes again is durable before it writes anything.
    /// </summary>
    public ReplicaId Begin(string address, ReplicaId fresh)
    {
        using var last = Command("SELECT replica FROM writer WHERE complete = 1 AND address = $address", ("$address", address));
        var replica = last.ExecuteScalar() is long known ? new ReplicaId(unchecked((ulong)known)) : fresh;
        using var begin = Command(
            "INSERT INTO writer VALUES (1, $replica, $address, 0) ON CONFLICT (one) DO UPDATE SET replica = excluded.replica, address = excluded.address, complete = 0",
            ("$replica", unchecked((long)replica.Value)), ("$address", address));
        begin.ExecuteNonQuery();
        return replica;
    }

    /// <summary>Everything that the replica did is in the file.</summary>
    public void End()
    {
        using var end = Command("UPDATE writer SET complete = 1");
        end.ExecuteNonQuery();
    }

    public IEnumerable<(string Name, string Manifest, byte[] State)> Read()
    {
        using var all = Command("SELECT name, manifest, state FROM bucket");
        using var rows = all.ExecuteReader();
        while (rows.Read()) yield return (rows.GetString(0), rows.GetString(1), (byte[])rows[2]);
    }

    /// <summary>Durable when this returns.</summary>
    public void Write(IEnumerable<(string Name, string Manifest, byte[] State)> buckets)
    {
        using var transaction = connection.BeginTransaction();
        using var put = Command("INSERT INTO bucket VALUES ($name, $manifest, $state) ON CONFLICT (name) DO UPDATE SET manifest = excluded.manifest, state = excluded.state",
            ("$name", ""), ("$manifest", ""), ("$state", Array.Empty<byte>()));
        put.Transaction = transaction;
        foreach (var (name, manifest, state) in buckets)
        {
            (put.Parameters["$name"].Value, put.Parameters["$manifest"].Value, put.Parameters["$state"].Value) = (name, manifest, state);
            put.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    public void Dispose()
    {
        connection.Dispose();
        openHere.Dispose();
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }

    private static void Run(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
