using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Journal;

/// <summary>Entities as they are stored, for those who only look: what is read here answers nobody, and writes no row.</summary>
internal static class StoredEntities
{
    /// <summary>An entity's state, recovered as the entity itself would.</summary>
    public static async Task<Snapshot> RecoverAsync(DbConnection connection, string persistenceId, CancellationToken ct)
    {
        var entity = Fresh(EntityId.Parse(persistenceId));
        var from = 0L;
        await using (var snapshots = connection.Command(
            null, "SELECT sequence_number, manifest, snapshot FROM snapshot WHERE persistence_id = @id ORDER BY sequence_number DESC LIMIT 1", [("@id", persistenceId)]))
        await using (var row = await snapshots.ExecuteReaderAsync(ct))
        {
            if (await row.ReadAsync(ct))
            {
                from = row.GetInt64(0);
                if (row.GetString(1) != EntitySerializer.SnapshotManifest) throw new InvalidHistoryException($"{persistenceId}: snapshot {from} has the manifest '{row.GetString(1)}'");
                entity.RecoverSnapshot(from, Snapshot.Parser.ParseFrom((byte[])row.GetValue(2)));
            }
        }
        await using var events = connection.Command(
            null, "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @id AND sequence_number > @from ORDER BY sequence_number", [("@id", persistenceId), ("@from", from)]);
        await using var rows = await events.ExecuteReaderAsync(ct);
        var highest = from;
        while (await rows.ReadAsync(ct))
        {
            highest = rows.GetInt64(0);
            entity.RecoverRow(highest, JournalReader.Parse(persistenceId, highest, rows.GetString(1), (byte[])rows.GetValue(2)));
        }
        return Finish(entity, highest);
    }

    /// <summary>One that is to be given its rows. No row is of a later epoch than its own.</summary>
    public static Entity Fresh(EntityId id) => new(id, Machines.For(id), epoch: long.MaxValue, dirty: false);

    /// <summary>What it is after all its rows.</summary>
    /// <param name="entity">That was given them.</param>
    /// <param name="number">Of the last.</param>
    public static Snapshot Finish(Entity entity, long number)
    {
        entity.FinishRecovery(number);
        return entity.TakeSnapshot();
    }

    /// <summary>All entities of this kind that ever were. The highest row of each stays, whatever is deleted: so the journal alone has them.</summary>
    public static async Task<List<string>> HistoriesAsync(Database database, DbConnection connection, JournalScope scope, CancellationToken ct)
    {
        var id = database.IsPostgres ? "persistence_id COLLATE \"C\"" : "persistence_id";
        await using var command = connection.Command(null, $"SELECT DISTINCT persistence_id FROM journal WHERE {scope.Filter.Replace("{id}", id, StringComparison.Ordinal)}");
        command.CommandTimeout = 0;
        if (database.IsPostgres) await SetTimeoutAsync(connection, "0", ct);
        var names = new List<string>();
        await using (var row = await command.ExecuteReaderAsync(ct))
            while (await row.ReadAsync(ct)) names.Add(row.GetString(0));
        if (database.IsPostgres) await SetTimeoutAsync(connection, "10s", ct);
        return names;
    }

    private static async Task SetTimeoutAsync(DbConnection connection, string time, CancellationToken ct)
    {
        await using var command = connection.Command(null, $"SET statement_timeout = '{time}'");
        await command.ExecuteNonQueryAsync(ct);
    }
}
