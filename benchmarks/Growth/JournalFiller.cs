using Npgsql;
using NpgsqlTypes;

namespace AkkaHa.Growth;

/// <summary>
/// Makes keys, quicker than through nodes: their rows (<see cref="KeyHistory"/>) go straight into the journal, in transactions of some thousand, while no node runs. A thousand keys are written in turn, then the next
/// thousand. What is made of the journal (the index that lists are read from) is left to the nodes, as after a restore.
/// </summary>
internal static class JournalFiller
{
    private const int KeysInTurn = 1_000;
    private const int RoundsAtOnce = 10;
    private const int Writers = 2;
    private const string Copy = "COPY journal (persistence_id, sequence_number, created, message, manifest, identifier, tags) FROM STDIN (FORMAT BINARY)";

    /// <summary>Makes the keys with a prefix, from one number up to, not including, another, each with so many rows; and lets the database look at its tables, as it does by itself after a while.</summary>
    /// <returns>Seconds, without that look.</returns>
    public static async Task<double> FillAsync(string connectionString, string prefix, int from, int to, int rowsOfEach, CancellationToken ct)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        var (manifest, serializer) = await FormAsync(connectionString, ct);
        var groups = Enumerable.Range(0, (to - from + KeysInTurn - 1) / KeysInTurn).Select(g => from + (g * KeysInTurn));
        await Parallel.ForEachAsync(groups, new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = ct }, async (first, cancel) =>
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancel);
            var nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            KeyHistory[] keys = [.. Enumerable.Range(first, Math.Min(KeysInTurn, to - first)).Select(k => new KeyHistory($"{prefix}{k}", rowsOfEach, nowMs))];
            for (var done = 0; done < rowsOfEach; done += RoundsAtOnce)
            {
                await using var rows = await connection.BeginBinaryImportAsync(Copy, cancel);
                for (var round = done; round < Math.Min(rowsOfEach, done + RoundsAtOnce); round++)
                {
                    foreach (var key in keys)
                    {
                        var (number, message) = key.Next();
                        await rows.StartRowAsync(cancel);
                        await rows.WriteAsync(key.PersistenceId, cancel);
                        await rows.WriteAsync(number, NpgsqlDbType.Bigint, cancel);
                        await rows.WriteAsync(DateTime.UtcNow.Ticks, NpgsqlDbType.Bigint, cancel);
                        await rows.WriteAsync(message, cancel);
                        await rows.WriteAsync(manifest, cancel);
                        await rows.WriteAsync(serializer, NpgsqlDbType.Integer, cancel);
                        await rows.WriteAsync("", cancel);
                    }
                }
                await rows.CompleteAsync(cancel);
            }
        });
        var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var look = source.CreateCommand("VACUUM (ANALYZE) journal");
        look.CommandTimeout = 0;
        await look.ExecuteNonQueryAsync(ct);
        return seconds;
    }

    /// <summary>What says of a row how it is to be read: as a node wrote it.</summary>
    private static async Task<(string Manifest, int Serializer)> FormAsync(string connectionString, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("SELECT manifest, identifier FROM journal WHERE persistence_id LIKE 'kv/%' LIMIT 1", connection);
        await using var row = await command.ExecuteReaderAsync(ct);
        if (!await row.ReadAsync(ct)) throw new InvalidOperationException("no node has written a key yet");
        return (row.GetString(0), row.GetInt32(1));
    }
}
