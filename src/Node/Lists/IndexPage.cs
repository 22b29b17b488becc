using System.Data;
using System.Data.Common;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace AkkaHa.Node.Lists;

/// <summary>A name on a page of the index.</summary>
/// <param name="Name">Of the key.</param>
/// <param name="Revision">0: it is not there, but a transaction that is not decided may write it.</param>
/// <param name="Value">Null: not read.</param>
/// <param name="Ask">Only the key itself can say what holds: a transaction is open on it, or its time is over.</param>
internal sealed record IndexEntry(string Name, long Revision, ByteString? Value, bool Ask);

/// <summary>A part of the index as of one moment.</summary>
internal sealed record IndexPage(IReadOnlyList<IndexEntry> Entries, bool More)
{
    public static async Task<IndexPage> ReadAsync(Database database, DbConnection connection, ListKeysRequest request, int limit, bool withOpen, CancellationToken ct)
    {
        // One moment for all that is read: between two of them a transaction could be applied, and be seen neither as open nor as done.
        await using var transaction = connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: true)
            : await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var rows = await NamesAsync(connection, transaction, request, limit + 1, withOpen, ct);
        var (entries, bytes) = (new List<IndexEntry>(), 0L);
        foreach (var (entry, length) in rows.Take(limit))
        {
            if (entries.Count > 0 && bytes + length > Limits.ListPageBytes) break;
            entries.Add(entry);
            bytes += length;
        }
        var page = new IndexPage(entries, rows.Count > entries.Count);
        return request.KeysOnly || entries.Count == 0 ? page : page with { Entries = await WithValuesAsync(connection, transaction, entries, ct) };
    }

    private static async Task<List<(IndexEntry Entry, long Length)>> NamesAsync(
        DbConnection connection, DbTransaction transaction, ListKeysRequest request, int limit, bool withOpen, CancellationToken ct)
    {
        var range = KeyRange.OfPrefix(request.Prefix);
        var where = "key >= @first AND key > @after" + (range.Below is null ? "" : " AND key < @below");
        var open = withOpen ? $"UNION SELECT key FROM (SELECT DISTINCT key FROM key_open WHERE {where} ORDER BY key LIMIT {limit}) AS o" : "";
        var text = $"""
            SELECT u.key, i.revision, length(i.value), i.expires_at_ms, (SELECT count(*) FROM key_open t WHERE t.key = u.key)
            FROM (SELECT key FROM (SELECT key FROM key_index WHERE {where} ORDER BY key LIMIT {limit}) AS p {open} ORDER BY key LIMIT {limit}) AS u
            LEFT JOIN key_index i ON i.key = u.key ORDER BY u.key
            """;
        await using var command = connection.Command(transaction, text, [("@first", range.First), ("@after", request.After), ("@below", range.Below ?? "")]);
        await using var row = await command.ExecuteReaderAsync(ct);
        var (now, names) = (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), new List<(IndexEntry, long)>());
        while (await row.ReadAsync(ct))
        {
            if (row.IsDBNull(1))
            {
                // It may be of any size, and is asked for.
                names.Add((new IndexEntry(row.GetString(0), 0, null, Ask: true), 0));
                continue;
            }
            var isOver = row.GetInt64(3) is > 0 and var expiresAt && expiresAt <= now;
            names.Add((new IndexEntry(row.GetString(0), row.GetInt64(1), null, Ask: withOpen && (isOver || row.GetInt64(4) > 0)), Convert.ToInt64(row.GetValue(2), System.Globalization.CultureInfo.InvariantCulture)));
        }
        return names;
    }

    private static async Task<List<IndexEntry>> WithValuesAsync(DbConnection connection, DbTransaction transaction, List<IndexEntry> entries, CancellationToken ct)
    {
        await using var command = connection.Command(
            transaction, "SELECT key, value FROM key_index WHERE key >= @first AND key <= @last ORDER BY key", [("@first", entries[0].Name), ("@last", entries[^1].Name)]);
        await using var row = await command.ExecuteReaderAsync(ct);
        var values = new Dictionary<string, ByteString>(StringComparer.Ordinal);
        while (await row.ReadAsync(ct)) values[row.GetString(0)] = UnsafeByteOperations.UnsafeWrap((byte[])row.GetValue(1));
        return [.. entries.Select(e => e with { Value = values.GetValueOrDefault(e.Name) })];
    }
}
