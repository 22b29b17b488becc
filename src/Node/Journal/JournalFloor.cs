using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Journal;

/// <summary>
/// The one position for all of the journal below which rows of keys, locks and sessions may be missing. It is raised before any is deleted, and never beyond what the indexes have read: so whoever reads from above it
/// misses nothing, and whoever does not is told.
/// </summary>
internal sealed class JournalFloor(Database database)
{
    /// <summary>Whether this entity's rows up to that number may go now: the floor covers them. False: an index has not read them yet.</summary>
    public async Task<bool> RaiseAsync(string persistenceId, long upToSequenceNr, CancellationToken ct)
    {
        await using var connection = await database.OpenKeysAsync(ct);
        var xid = database.IsPostgres ? "xid::text::bigint" : "0";
        JournalPosition last;
        await using (var find = connection.Command(
            null, $"SELECT {xid}, ordering FROM journal WHERE persistence_id = @id AND sequence_number <= @number ORDER BY sequence_number DESC LIMIT 1", [("@id", persistenceId), ("@number", upToSequenceNr)]))
        {
            await using var reader = await find.ExecuteReaderAsync(ct);
            if (!await reader.ReadAsync(ct)) return true;
            last = new JournalPosition(reader.GetInt64(0), reader.GetInt64(1));
        }
        // What an index has read only grows, so there is no moment between these at which this could become wrong.
        foreach (var mark in (string[])[Marks.Indexed, Marks.LocksIndexed])
            if (await Marks.ReadAsync(connection, null, mark, ct) is not { } indexed || indexed < last) return false;
        await using var raise = connection.Command(
            null, "UPDATE journal_mark SET xid = @xid, ordering = @ordering WHERE name = 'floor' AND (xid, ordering) < (@xid, @ordering)", [("@xid", last.TransactionId), ("@ordering", last.Ordering)]);
        await raise.ExecuteNonQueryAsync(ct);
        return true;
    }
}
