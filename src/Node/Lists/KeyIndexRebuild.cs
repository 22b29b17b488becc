using System.Data;
using System.Data.Common;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// Makes the index of data that has none: takes the journal's position first, then each key as its own recovery gives it, and the rest is read from that position on. What is in a key already is then written
/// again, in order, and ends the same. Only the last who has begun it goes on.
/// </summary>
internal sealed class KeyIndexRebuild(Database database, KeyIndex index, ILogger log)
{
    private const int KeysAtOnce = 256;
    private const long BytesAtOnce = 4 * 1024 * 1024;

    private readonly JournalReader reader = new(database);
    private bool saidWhy;

    /// <summary>False: another one has made it, or is at it, or the journal can't be read up to the floor yet.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenKeysAsync(ct);
        if (await BeginAsync(connection, ct) is not { } number) return false;
        var position = await reader.HorizonAsync(connection, ct);
        // From below the floor, rows may be missing. After a restore on another server, the floor is that of its first start, and whatever was open there already holds the journal's order back.
        if (position < await Marks.ReadAsync(connection, null, Marks.Floor, ct))
        {
            if (!saidWhy) log.LogWarning("The index of keys can't be made yet: a transaction on the PostgreSQL server has been open since before the data were restored there");
            saidWhy = true;
            return false;
        }
        saidWhy = false;
        var names = await StoredEntities.HistoriesAsync(database, connection, JournalScope.Keys, ct);
        log.LogInformation("Making the index of keys: {Count} keys have a history", names.Count);
        var (batch, keys, bytes) = (new IndexBatch(), 0, 0L);
        var sessions = new LivingSessions(connection);
        foreach (var name in names)
        {
            var state = (await StoredEntities.RecoverAsync(connection, name, ct)).Key;
            foreach (var session in SessionsOf(state))
                if (await sessions.HasEndedAsync(session, ct)) batch.AddEndedSession(session, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            batch.Add(name[(EntityId.KeyKind.Length + 1)..], state);
            bytes += state.CalculateSize();
            if (++keys < KeysAtOnce && bytes < BytesAtOnce) continue;
            if (!await WriteAsync(connection, number, batch, null, ct)) return false;
            (batch, keys, bytes) = (new IndexBatch(), 0, 0L);
        }
        if (!await WriteAsync(connection, number, batch, position, ct)) return false;
        log.LogInformation("The index of keys is made");
        return true;
    }

    /// <summary>Null: there is an index.</summary>
    private static async Task<long?> BeginAsync(DbConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        await using (var raise = connection.Command(transaction, $"UPDATE journal_mark SET ordering = ordering + 1 WHERE name = '{Marks.Rebuild}'")) await raise.ExecuteNonQueryAsync(ct);
        if (await Marks.ReadAsync(connection, transaction, Marks.Indexed, ct) is not null) return null;
        await using (var clear = connection.Command(transaction, "DELETE FROM key_index; DELETE FROM key_open; DELETE FROM ended_session")) await clear.ExecuteNonQueryAsync(ct);
        var number = (await Marks.ReadAsync(connection, transaction, Marks.Rebuild, ct))!.Value.Ordering;
        await transaction.CommitAsync(ct);
        return number;
    }

    /// <param name="connection">To the database.</param>
    /// <param name="number">Of this rebuild.</param>
    /// <param name="batch">What is written.</param>
    /// <param name="done">This is the last batch, and the rest is to be read from here on.</param>
    /// <param name="ct">Ends it.</param>
    private async Task<bool> WriteAsync(DbConnection connection, long number, IndexBatch batch, JournalPosition? done, CancellationToken ct)
    {
        var rebuilt = await reader.HighestAsync(connection, ct);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        var mine = new JournalPosition(0, number);
        if (!await Marks.MoveAsync(connection, transaction, Marks.Rebuild, mine, mine, ct)) return false;
        await batch.WriteAsync(index.Tables(connection, transaction), ct);
        if (done is { } position)
        {
            await Marks.SetAsync(connection, transaction, Marks.Rebuilt, rebuilt, ct);
            await Marks.SetAsync(connection, transaction, Marks.Indexed, position, ct);
        }
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>What the key is bound to, and what it will be should a transaction be applied: its row comes later, and the session may have ended long before.</summary>
    private static IEnumerable<string> SessionsOf(KeySnapshot state) =>
        (state.Participant?.Prepared ?? []).SelectMany(p => new[] { p.Prepared.Then?.Write, p.Prepared.Else?.Write }).Append(state.Value)
            .OfType<KeyWritten>().Where(w => w is { Present: true, SessionId.Length: > 0 }).Select(w => w.SessionId);
}
