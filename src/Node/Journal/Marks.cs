using System.Data.Common;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Journal;

/// <summary>Positions that all nodes share, in the table <c>journal_mark</c>.</summary>
internal static class Marks
{
    /// <summary>Rows of keys, locks and sessions up to here may be gone: see <see cref="JournalFloor"/>.</summary>
    public const string Floor = "floor";

    /// <summary>Up to here the index has read. Not there: there is no index yet.</summary>
    public const string Indexed = "indexed";

    /// <summary>Up to here the index of locks has read. Not there: there is none yet.</summary>
    public const string LocksIndexed = "locks";

    /// <summary>Up to here the index must have read before it is one moment's: it was rebuilt from entities, each as of its own.</summary>
    public const string Rebuilt = "rebuilt";

    /// <summary>Its ordering is the number of the last rebuild that has begun.</summary>
    public const string Rebuild = "rebuild";

    /// <summary>No position: its ordering is the time before which outcomes may have been deleted, in milliseconds.</summary>
    public const string Outcomes = "outcomes";

    /// <summary>No position: a node's own row, written to find out whether that can be done.</summary>
    public static string TrialOf(string address) => $"trial {address}";

    public static async Task<JournalPosition?> ReadAsync(DbConnection connection, DbTransaction? transaction, string name, CancellationToken ct)
    {
        await using var command = connection.Command(transaction, "SELECT xid, ordering FROM journal_mark WHERE name = @name", [("@name", name)]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new JournalPosition(reader.GetInt64(0), reader.GetInt64(1)) : null;
    }

    /// <summary>False: it was not there any more, somebody else has moved it.</summary>
    public static async Task<bool> MoveAsync(DbConnection connection, DbTransaction transaction, string name, JournalPosition from, JournalPosition to, CancellationToken ct)
    {
        await using var command = connection.Command(
            transaction, "UPDATE journal_mark SET xid = @xid, ordering = @ordering WHERE name = @name AND xid = @fromXid AND ordering = @fromOrdering",
            [("@name", name), ("@xid", to.TransactionId), ("@ordering", to.Ordering), ("@fromXid", from.TransactionId), ("@fromOrdering", from.Ordering)]);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    public static async Task SetAsync(DbConnection connection, DbTransaction transaction, string name, JournalPosition to, CancellationToken ct)
    {
        await using var command = connection.Command(
            transaction, "INSERT INTO journal_mark (name, xid, ordering) VALUES (@name, @xid, @ordering) ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, ordering = excluded.ordering",
            [("@name", name), ("@xid", to.TransactionId), ("@ordering", to.Ordering)]);
        await command.ExecuteNonQueryAsync(ct);
    }
}
