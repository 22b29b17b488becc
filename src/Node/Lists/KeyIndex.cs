using System.Data;
using System.Data.Common;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// The keys that are there, in the order of their names, as of a position in the journal. Each batch is one transaction that moves the position from where it was read: so any node can bring the index forward at
/// any time, and what two do at once counts once.
/// </summary>
internal sealed class KeyIndex(Database database)
{
    private readonly JournalReader reader = new(database);
    private readonly KeyWrites writes = new();
    private readonly SemaphoreSlim one = new(1);

    /// <summary>Up to where it has come; null: it has not been made yet.</summary>
    public static Task<JournalPosition?> IndexedAsync(DbConnection connection, CancellationToken ct) => Marks.ReadAsync(connection, null, Marks.Indexed, ct);

    /// <summary>Reads the journal up to this position (null: to the end that it has now), or as far as that can be read now.</summary>
    /// <returns>Up to where it has come; null: it has not been made yet, or has to be made again.</returns>
    public async Task<JournalPosition?> AdvanceAsync(JournalPosition? until, CancellationToken ct)
    {
        // One at a time in this process: who has waited finds it done.
        await one.WaitAsync(ct);
        try
        {
            await using var connection = await database.OpenKeysAsync(ct);
            var swept = until is null;
            until ??= await reader.HighestAsync(connection, ct);
            while (true)
            {
                if (await IndexedAsync(connection, ct) is not { } from) return null;
                if (swept) NodeMeter.Index(lag: Math.Max(0, until.Value.Ordering - from.Ordering));
                swept = false;
                if (from >= until) return from;
                var page = await reader.ReadAsync(connection, from, JournalScope.KeysAndSessions, ct);
                NodeMeter.Floor(page.Floor.Ordering);
                if (page.Floor > from)
                {
                    // Rows that it has not read may be gone: unless another has brought it forward meanwhile, it has to be made again, from the keys themselves.
                    await DropAsync(connection, from, ct);
                    continue;
                }
                if (page.UpTo == from) return from;
                var batch = new IndexBatch();
                foreach (var row in page.Rows) await batch.AddAsync(writes, connection, row, ct);
                if (await WriteAsync(connection, batch, from, page.UpTo, ct) && !page.More) return page.UpTo;
            }
        }
        finally
        {
            one.Release();
        }
    }

    private async Task<bool> WriteAsync(DbConnection connection, IndexBatch batch, JournalPosition from, JournalPosition to, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        // First: whoever else is at it waits here, and then finds that it is done.
        if (!await Marks.MoveAsync(connection, transaction, Marks.Indexed, from, to, ct)) return false;
        await batch.WriteAsync(Tables(connection, transaction), ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private static async Task DropAsync(DbConnection connection, JournalPosition from, CancellationToken ct)
    {
        await using var drop = connection.Command(
            null, "DELETE FROM journal_mark WHERE name = @name AND xid = @xid AND ordering = @ordering", [("@name", Marks.Indexed), ("@xid", from.TransactionId), ("@ordering", from.Ordering)]);
        await drop.ExecuteNonQueryAsync(ct);
    }

    public IIndexTables Tables(DbConnection connection, DbTransaction transaction) =>
        database.IsPostgres ? new PostgresIndexTables(connection, transaction) : new SqliteIndexTables(connection, transaction);
}
