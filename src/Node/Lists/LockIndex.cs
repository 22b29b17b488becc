using System.Data;
using System.Data.Common;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// The names of locks that are held or waited for, as of a position in the journal. It may have some that are free by now, or were left by a version whose rows do not say that they free a lock: whoever lists
/// them asks each. As with keys, each batch moves the position in one transaction, so that any node can bring the index forward.
/// </summary>
internal sealed class LockIndex(Database database)
{
    private readonly JournalReader reader = new(database);
    private readonly SemaphoreSlim one = new(1);

    /// <summary>Reads the journal up to this position (null: to the end that it has now), or as far as that can be read now.</summary>
    /// <returns>Up to where it has come; null: it has not been made yet, or has to be made again.</returns>
    public async Task<JournalPosition?> AdvanceAsync(JournalPosition? until, CancellationToken ct)
    {
        await one.WaitAsync(ct);
        try
        {
            await using var connection = await database.OpenKeysAsync(ct);
            until ??= await reader.HighestAsync(connection, ct);
            while (true)
            {
                if (await Marks.ReadAsync(connection, null, Marks.LocksIndexed, ct) is not { } from) return null;
                if (from >= until) return from;
                var page = await reader.ReadAsync(connection, from, JournalScope.Locks, ct);
                if (page.Floor > from)
                {
                    await DropAsync(connection, from, ct);
                    continue;
                }
                if (page.UpTo == from) return from;
                if (await WriteAsync(connection, Used(page.Rows), from, page.UpTo, ct) && !page.More) return page.UpTo;
            }
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Makes it anew, from the locks themselves. False: another one has, or the journal can't be read up to the floor yet.</summary>
    public async Task<bool> RebuildAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenKeysAsync(ct);
        var position = await reader.HorizonAsync(connection, ct);
        if (position < await Marks.ReadAsync(connection, null, Marks.Floor, ct)) return false;
        var used = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var id in await KeyIndexRebuild.HistoriesAsync(database, connection, JournalScope.Locks, ct))
        {
            // What is in it already is read again from the position on, in order, and ends the same.
            var state = (await KeyIndexRebuild.RecoverAsync(connection, id, ct)).Lock;
            if (state.Holders.Count + state.Waiters.Count > 0) used[NameOf(id)] = true;
        }
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        await using (var claim = connection.Command(
            transaction, "INSERT INTO journal_mark (name, xid, ordering) VALUES (@name, @xid, @ordering) ON CONFLICT (name) DO NOTHING",
            [("@name", Marks.LocksIndexed), ("@xid", position.TransactionId), ("@ordering", position.Ordering)]))
        {
            if (await claim.ExecuteNonQueryAsync(ct) == 0) return false;
        }
        await using (var clear = connection.Command(transaction, "DELETE FROM lock_index")) await clear.ExecuteNonQueryAsync(ct);
        await PutAsync(connection, transaction, used, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Of each lock, whether anybody has it or waits for it after these rows.</summary>
    public static Dictionary<string, bool> Used(IEnumerable<JournalRow> rows)
    {
        var used = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            foreach (var @event in row.Envelope.Events)
            {
                if (@event.BodyCase is Event.BodyOneofCase.LockGranted or Event.BodyOneofCase.LockEnqueued) used[NameOf(row.PersistenceId)] = true;
                else if (@event.LockReleased?.Free ?? @event.LockWaiterLeft?.Free ?? false) used[NameOf(row.PersistenceId)] = false;
            }
        }
        return used;
    }

    private static string NameOf(string persistenceId) => persistenceId[(EntityId.LockKind.Length + 1)..];

    private static async Task<bool> WriteAsync(DbConnection connection, Dictionary<string, bool> used, JournalPosition from, JournalPosition to, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        // First: whoever else is at it waits here, and then finds that it is done.
        if (!await Marks.MoveAsync(connection, transaction, Marks.LocksIndexed, from, to, ct)) return false;
        await PutAsync(connection, transaction, used, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private static async Task PutAsync(DbConnection connection, DbTransaction transaction, Dictionary<string, bool> used, CancellationToken ct)
    {
        foreach (var (name, isUsed) in used)
        {
            await using var command = connection.Command(
                transaction, isUsed ? "INSERT INTO lock_index (name) VALUES (@name) ON CONFLICT DO NOTHING" : "DELETE FROM lock_index WHERE name = @name", [("@name", name)]);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private static async Task DropAsync(DbConnection connection, JournalPosition from, CancellationToken ct)
    {
        await using var drop = connection.Command(
            null, "DELETE FROM journal_mark WHERE name = @name AND xid = @xid AND ordering = @ordering", [("@name", Marks.LocksIndexed), ("@xid", from.TransactionId), ("@ordering", from.Ordering)]);
        await drop.ExecuteNonQueryAsync(ct);
    }
}
