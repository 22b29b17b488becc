using System.Data;
using System.Data.Common;
using System.Text.Json;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// The names of locks that are held or waited for, as of a position in the journal. It may have some that are free by now, or were left by a version whose rows do not say that they free a lock: whoever lists
/// them asks each.
/// </summary>
internal sealed class LockIndex(Database database) : JournalIndex(database, JournalScope.Locks, Marks.LocksIndexed)
{
    /// <summary>Makes it anew, from the locks themselves. False: another one has, or the journal can't be read up to the floor yet.</summary>
    public async Task<bool> RebuildAsync(CancellationToken ct)
    {
        await using var connection = await Database.OpenKeysAsync(ct);
        var position = await Reader.HorizonAsync(connection, ct);
        if (position < await Marks.ReadAsync(connection, null, Marks.Floor, ct)) return false;
        var used = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var id in await StoredEntities.HistoriesAsync(Database, connection, JournalScope.Locks, ct))
        {
            // What is in it already is read again from the position on, in order, and ends the same.
            var state = (await StoredEntities.RecoverAsync(connection, id, ct)).Lock;
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

    /// <summary>As many as these in a range, in their order, after a name.</summary>
    public async Task<string[]> NamesAsync(KeyRange range, string after, int limit, CancellationToken ct)
    {
        await using var connection = await Database.OpenKeysAsync(ct);
        await using var command = connection.Command(
            null, $"SELECT name FROM lock_index WHERE name >= @first AND name > @after{(range.Below is null ? "" : " AND name < @below")} ORDER BY name LIMIT {limit}",
            [("@first", range.First), ("@after", after), ("@below", range.Below ?? "")]);
        await using var row = await command.ExecuteReaderAsync(ct);
        var names = new List<string>();
        while (await row.ReadAsync(ct)) names.Add(row.GetString(0));
        return [.. names];
    }

    private static string NameOf(string persistenceId) => persistenceId[(EntityId.LockKind.Length + 1)..];

    protected override IIndexChanges NoChanges() => new Changes(this);

    private async Task PutAsync(DbConnection connection, DbTransaction transaction, Dictionary<string, bool> used, CancellationToken ct)
    {
        await RunAsync("INSERT INTO lock_index (name) SELECT name FROM {names} ON CONFLICT DO NOTHING", [.. used.Where(u => u.Value).Select(u => u.Key)]);
        await RunAsync("DELETE FROM lock_index WHERE name IN (SELECT name FROM {names})", [.. used.Where(u => !u.Value).Select(u => u.Key)]);

        async Task RunAsync(string sql, string[] names)
        {
            if (names.Length == 0) return;
            // One statement for all: under load there are thousands. SQLite takes ON CONFLICT for a join's, unless a WHERE comes before it.
            var (all, value) = Database.IsPostgres
                ? ("unnest(@names) AS n (name)", (object)names)
                : ("(SELECT value AS name FROM json_each(@names)) WHERE true", JsonSerializer.Serialize(names));
            await using var command = connection.Command(transaction, sql.Replace("{names}", all, StringComparison.Ordinal), [("@names", value)]);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    /// <summary>Of each lock, whether anybody has it or waits for it.</summary>
    private sealed class Changes(LockIndex index) : IIndexChanges
    {
        private readonly Dictionary<string, bool> used = new(StringComparer.Ordinal);

        public Task AddAsync(DbConnection connection, JournalRow row, CancellationToken ct)
        {
            foreach (var @event in row.Envelope.Events)
            {
                if (@event.BodyCase is Event.BodyOneofCase.LockGranted or Event.BodyOneofCase.LockEnqueued) used[NameOf(row.PersistenceId)] = true;
                else if (@event.LockReleased?.Free ?? @event.LockWaiterLeft?.Free ?? false) used[NameOf(row.PersistenceId)] = false;
            }
            return Task.CompletedTask;
        }

        public Task WriteAsync(DbConnection connection, DbTransaction transaction, CancellationToken ct) => index.PutAsync(connection, transaction, used, ct);
    }
}
