using System.Data.Common;
using System.Runtime.CompilerServices;
using AkkaHa.Core.Backups;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Backups;

/// <summary>All keys and locks that ever were, page by page, within one snapshot of the database. Of most, the rows of a page come by one query; those with snapshots are recovered one by one.</summary>
internal sealed class KeysAndLocks(DbConnection connection, Cut cut, BackupSummary summary)
{
    private const int EntitiesAtOnce = 200;

    /// <summary>Of one statement, and the row that goes beyond it: none may take so long that it is stopped, whatever the rows hold.</summary>
    private const int PageBytes = 4 << 20;
    private const int PageRows = 1000;

    // Not as a range: how '/' sorts is the database's affair.
    private const string OfThem = "(persistence_id LIKE 'kv/%' OR persistence_id LIKE 'lock/%')";

    public async IAsyncEnumerable<BackupRecord> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var after = "";
        while (await LastOfPageAsync(after, ct) is { } last)
        {
            var withSnapshot = await NamesAsync($"SELECT DISTINCT persistence_id FROM snapshot WHERE persistence_id > @after AND persistence_id <= @last AND {OfThem}", after, last, ct);
            foreach (var id in withSnapshot)
                if (Record(EntityId.Parse(id), await StoredForBackup.RecoverAsync(connection, id, ct)) is { } record) yield return record;
            await foreach (var record in FromRowsAsync(after, last, ct)) yield return record;
            after = last;
        }
    }

    private async IAsyncEnumerable<BackupRecord> FromRowsAsync(string after, string last, [EnumeratorCancellation] CancellationToken ct)
    {
        Entity? entity = null;
        var (name, number) = (after, long.MaxValue);
        while (await RowsAsync(name, number, last, ct) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
            {
                if (entity is null || row.Name != name)
                {
                    if (entity is not null && Finish(entity, number) is { } record) yield return record;
                    entity = StoredEntities.Fresh(EntityId.Parse(row.Name));
                }
                (name, number) = (row.Name, row.Number);
                Recover(entity, row);
            }
        }
        if (entity is not null && Finish(entity, number) is { } lastRecord) yield return lastRecord;
    }

    /// <summary>The next ones after this row, of entities without a snapshot: few enough for one statement. None: there are no more.</summary>
    private async Task<List<(string Name, long Number, string Manifest, byte[] Message)>> RowsAsync(string name, long number, string last, CancellationToken ct)
    {
        await using var command = connection.Command(null, $"""
            SELECT persistence_id, sequence_number, manifest, message FROM (
              SELECT persistence_id, sequence_number, manifest, message, sum(length(message)) OVER (ORDER BY persistence_id, sequence_number) - length(message) AS bytes_before FROM (
                SELECT persistence_id, sequence_number, manifest, message FROM journal j
                WHERE (persistence_id, sequence_number) > (@name, @number) AND persistence_id <= @last AND {OfThem}
                AND NOT EXISTS (SELECT 1 FROM snapshot s WHERE s.persistence_id = j.persistence_id)
                ORDER BY persistence_id, sequence_number LIMIT {PageRows}) AS first) AS page
            WHERE bytes_before < {PageBytes} ORDER BY persistence_id, sequence_number
            """, ("@name", name), ("@number", number), ("@last", last));
        await using var row = await command.ExecuteReaderAsync(ct);
        var rows = new List<(string Name, long Number, string Manifest, byte[] Message)>();
        while (await row.ReadAsync(ct)) rows.Add((row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetFieldValue<byte[]>(3)));
        return rows;
    }

    private static void Recover(Entity entity, (string Name, long Number, string Manifest, byte[] Message) row) => StoredForBackup.Read(row.Name, () =>
    {
        entity.RecoverRow(row.Number, JournalReader.Parse(row.Name, row.Number, row.Manifest, row.Message));
        return true;
    });

    private BackupRecord? Finish(Entity entity, long number) => Record(entity.Id, StoredForBackup.Read(entity.Id.ToString(), () => StoredEntities.Finish(entity, number)));

    private BackupRecord? Record(EntityId id, Snapshot state)
    {
        if (state.StateCase == Snapshot.StateOneofCase.Key && cut.KeyOf(id, state.Key) is { } key)
        {
            summary.Keys++;
            return new BackupRecord { Key = key };
        }
        if (state.StateCase != Snapshot.StateOneofCase.Lock || state.Lock.LastFence == 0) return null;
        summary.Locks++;
        return new BackupRecord { Lock = new BackupLock { Name = id.Name, LastFence = state.Lock.LastFence } };
    }

    /// <summary>Null: there are no more.</summary>
    private async Task<string?> LastOfPageAsync(string after, CancellationToken ct)
    {
        await using var command = connection.Command(
            null, $"SELECT max(persistence_id) FROM (SELECT DISTINCT persistence_id FROM journal WHERE persistence_id > @after AND {OfThem} ORDER BY persistence_id LIMIT {EntitiesAtOnce}) AS page", ("@after", after));
        return await command.ExecuteScalarAsync(ct) as string;
    }

    private async Task<List<string>> NamesAsync(string sql, string after, string last, CancellationToken ct)
    {
        await using var command = connection.Command(null, sql, ("@after", after), ("@last", last));
        await using var row = await command.ExecuteReaderAsync(ct);
        var names = new List<string>();
        while (await row.ReadAsync(ct)) names.Add(row.GetString(0));
        return names;
    }
}
