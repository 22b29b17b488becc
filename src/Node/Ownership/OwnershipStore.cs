using System.Data.Common;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Ownership;

/// <summary>One shard's row.</summary>
/// <param name="Shard">Its number.</param>
/// <param name="Epoch">Of the last grant; it only grows.</param>
/// <param name="Holder">Address and incarnation of who has it; null: nobody.</param>
internal sealed record ShardRow(int Shard, long Epoch, string? Holder);

/// <summary>
/// Who owns which shard, in the database. An epoch is given out once and only grows. Whether the last owner is really gone is not checked
/// here yet: a delayed write of his is kept out by the claim, a stale read of a paused node is not.
/// </summary>
internal sealed class OwnershipStore(Database database)
{
    // Hundreds of shards change hands at once. On SQLite each write that finds another's lock sleeps on its thread: one at a time then, or none is left for heartbeats.
    private readonly SemaphoreSlim writers = new(database.IsPostgres ? 16 : 1);

    /// <summary>Takes a shard for this holder, under a new epoch. Durable when this returns.</summary>
    public async Task<long> TakeAsync(int shard, string holder, CancellationToken ct)
    {
        using var turn = await TurnAsync(ct);
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO shard (shard, epoch, holder) VALUES (@shard, 1, @holder)
            ON CONFLICT (shard) DO UPDATE SET epoch = shard.epoch + 1, holder = excluded.holder
            RETURNING epoch
            """;
        Add(command, "shard", shard);
        Add(command, "holder", holder);
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Gives a shard back, if it is still held under this epoch.</summary>
    public async Task ReleaseAsync(int shard, long epoch, CancellationToken ct)
    {
        using var turn = await TurnAsync(ct);
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE shard SET holder = NULL WHERE shard = @shard AND epoch = @epoch";
        Add(command, "shard", shard);
        Add(command, "epoch", epoch);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>All rows, one for each shard that was ever taken.</summary>
    public async Task<IReadOnlyList<ShardRow>> ReadAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenOwnershipAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT shard, epoch, holder FROM shard ORDER BY shard";
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<ShardRow>();
        while (await reader.ReadAsync(ct)) rows.Add(new ShardRow(reader.GetInt32(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2)));
        return rows;
    }

    private async Task<Turn> TurnAsync(CancellationToken ct)
    {
        await writers.WaitAsync(ct);
        return new Turn(writers);
    }

    private readonly struct Turn(SemaphoreSlim of) : IDisposable
    {
        public void Dispose() => of.Release();
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
