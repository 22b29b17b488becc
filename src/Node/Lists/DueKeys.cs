using System.Data.Common;
using System.Text.Json;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>A key that is to end.</summary>
/// <param name="Key">Its name.</param>
/// <param name="SessionId">The session that it goes with; empty: its time is over.</param>
/// <param name="ExpiresAtMs">When its time is over; 0: it has none.</param>
internal readonly record struct DueKey(string Key, string SessionId, long ExpiresAtMs);

/// <summary>
/// The keys in the index that are to end for one reason. A round gives all of them, but no more than can be on their way at once: those that the index still shows count as such for a while after they were
/// given. Then one may have been lost on its way, and is given again. A round that had to stop is gone on with where it stopped, so that keys that can't end just now never keep the others waiting.
/// </summary>
internal sealed class DueKeys
{
    /// <summary>
    /// Each of them is a write and a change for watches. A node's journal lets 5,000 writes wait and fails what comes then, also from clients; a watch for which more than 1,024 changes wait is cut off. So it
    /// is less than these, and the next come soon after.
    /// </summary>
    public const int MostOnTheirWay = 1000;

    /// <summary>Short enough that one that was lost on its way ends within two seconds all the same.</summary>
    public static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(1);
    private const int KeysAtOnce = 1000;

    private readonly Database database;
    private readonly TimeProvider time;
    private readonly string select;
    private readonly string next;
    private readonly Dictionary<DueKey, long> given = [];
    private DueKey? stoppedAfter;

    private DueKeys(Database database, TimeProvider time, string reason, string sessionId, string after, string order)
    {
        (this.database, this.time) = (database, time);
        select = $"SELECT key, {sessionId}, expires_at_ms FROM key_index WHERE {reason}";
        next = $"{select} AND {after} ORDER BY {order} LIMIT {KeysAtOnce}";
    }

    /// <summary>Those whose time is over.</summary>
    public static DueKeys Expired(Database database, TimeProvider time) =>
        new(database, time, "expires_at_ms > 0 AND expires_at_ms <= @now", "''", "(expires_at_ms, key) > (@at, @after)", "expires_at_ms, key");

    /// <summary>Those whose session has ended.</summary>
    public static DueKeys OfEndedSessions(Database database, TimeProvider time) => new(database, time, "session_ended = 1", "session_id", "key > @after", "key");

    /// <summary>Those that were given, and that the index still shows.</summary>
    public int OnTheirWay => given.Count;

    /// <summary>One round.</summary>
    /// <returns>Whether it had to stop, and there may be more.</returns>
    public async Task<bool> EachAsync(DbConnection connection, Action<DueKey> end, CancellationToken ct)
    {
        await ForgetAsync(connection, ct);
        var (after, fromStart) = (stoppedAfter ?? default, stoppedAfter is null);
        while (given.Count < MostOnTheirWay)
        {
            var page = await ReadAsync(connection, next, ct, ("@at", after.ExpiresAtMs), ("@after", after.Key ?? ""));
            foreach (var key in page)
            {
                if (given.Count == MostOnTheirWay) return true;
                if (given.TryAdd(key, time.GetTimestamp())) end(key);
                stoppedAfter = after = key;
            }
            if (page.Count == KeysAtOnce) continue;
            // At the end. Those before where the round began are still to come, once.
            stoppedAfter = null;
            if (fromStart) return false;
            (after, fromStart) = (default, true);
        }
        return true;
    }

    /// <summary>Those that are gone from the index have ended. Of the others, those that were given long ago are not waited for any more.</summary>
    private async Task ForgetAsync(DbConnection connection, CancellationToken ct)
    {
        foreach (var (key, at) in given)
            if (time.GetElapsedTime(at) >= AgainAfter) given.Remove(key);
        if (given.Count == 0) return;
        var names = given.Keys.Select(k => k.Key).ToArray();
        var there = await ReadAsync(
            connection, select + (database.IsPostgres ? " AND key = ANY(@names)" : " AND key IN (SELECT value FROM json_each(@names))"), ct, ("@names", database.IsPostgres ? names : JsonSerializer.Serialize(names)));
        foreach (var gone in given.Keys.Except(there).ToArray()) given.Remove(gone);
    }

    private async Task<List<DueKey>> ReadAsync(DbConnection connection, string sql, CancellationToken ct, params (string, object)[] parameters)
    {
        await using var command = connection.Command(null, sql, [("@now", time.GetUtcNow().ToUnixTimeMilliseconds()), .. parameters]);
        var keys = new List<DueKey>();
        await using var row = await command.ExecuteReaderAsync(ct);
        while (await row.ReadAsync(ct)) keys.Add(new DueKey(row.GetString(0), row.GetString(1), row.GetInt64(2)));
        return keys;
    }
}
