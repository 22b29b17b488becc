using System.Data.Common;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Ownership;
using Google.Protobuf;

namespace AkkaHa.Node.Lists;

/// <summary>The tables of the index, within one transaction.</summary>
internal interface IIndexTables
{
    Task PutAsync(IReadOnlyList<KeyValuePair<string, KeyWritten>> keys, CancellationToken ct);

    Task RemoveAsync(string[] keys, CancellationToken ct);

    Task OpenAsync(IReadOnlyList<(string Key, string TransactionId)> transactions, CancellationToken ct);

    Task CloseAsync(IReadOnlyList<(string Key, string TransactionId)> transactions, CancellationToken ct);

    Task EndSessionsAsync(IReadOnlyDictionary<string, long> sessions, CancellationToken ct);

    /// <summary>Marks the keys of these sessions. One that is bound later is marked when it is put. (The index over them leaves out keys without a session, and is used only where the statement says so.)</summary>
    Task MarkEndedAsync(string[] sessions, CancellationToken ct);
}

/// <summary>PostgreSQL: one statement for all, over arrays.</summary>
internal sealed class PostgresIndexTables(DbConnection connection, DbTransaction transaction) : IIndexTables
{
    public Task PutAsync(IReadOnlyList<KeyValuePair<string, KeyWritten>> keys, CancellationToken ct) => RunAsync(
        """
        INSERT INTO key_index (key, revision, value, session_id, expires_at_ms, session_ended)
        SELECT n.*, CASE WHEN EXISTS (SELECT 1 FROM ended_session e WHERE e.session_id = n.session_id) THEN 1 ELSE 0 END
        FROM unnest(@keys, @revisions, @values, @sessions, @expiries) AS n (key, revision, value, session_id, expires_at_ms)
        ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, value = excluded.value, session_id = excluded.session_id,
          expires_at_ms = excluded.expires_at_ms, session_ended = excluded.session_ended
        """,
        ct,
        ("@keys", keys.Select(k => k.Key).ToArray()), ("@revisions", keys.Select(k => k.Value.Revision).ToArray()), ("@values", keys.Select(k => k.Value.Value.ToByteArray()).ToArray()),
        ("@sessions", keys.Select(k => k.Value.SessionId).ToArray()), ("@expiries", keys.Select(k => k.Value.ExpiresAtMs).ToArray()));

    public Task RemoveAsync(string[] keys, CancellationToken ct) => RunAsync("DELETE FROM key_index WHERE key = ANY(@keys)", ct, ("@keys", keys));

    public Task OpenAsync(IReadOnlyList<(string Key, string TransactionId)> transactions, CancellationToken ct) => RunAsync(
        "INSERT INTO key_open (key, transaction_id) SELECT * FROM unnest(@keys, @ids) ON CONFLICT DO NOTHING", ct,
        ("@keys", transactions.Select(t => t.Key).ToArray()), ("@ids", transactions.Select(t => t.TransactionId).ToArray()));

    public Task CloseAsync(IReadOnlyList<(string Key, string TransactionId)> transactions, CancellationToken ct) => RunAsync(
        "DELETE FROM key_open o USING unnest(@keys, @ids) AS n (key, transaction_id) WHERE o.key = n.key COLLATE \"C\" AND o.transaction_id = n.transaction_id", ct,
        ("@keys", transactions.Select(t => t.Key).ToArray()), ("@ids", transactions.Select(t => t.TransactionId).ToArray()));

    public Task EndSessionsAsync(IReadOnlyDictionary<string, long> sessions, CancellationToken ct) => RunAsync(
        "INSERT INTO ended_session (session_id, ended_at_ms) SELECT * FROM unnest(@ids, @times) ON CONFLICT DO NOTHING", ct,
        ("@ids", sessions.Keys.ToArray()), ("@times", sessions.Values.ToArray()));

    public Task MarkEndedAsync(string[] sessions, CancellationToken ct) =>
        RunAsync("UPDATE key_index SET session_ended = 1 WHERE session_id = ANY(@ids) AND session_id <> ''", ct, ("@ids", sessions));

    private async Task RunAsync(string sql, CancellationToken ct, params (string, object)[] parameters)
    {
        await using var command = connection.Command(transaction, sql, parameters);
        await command.ExecuteNonQueryAsync(ct);
    }
}

/// <summary>SQLite: a statement for each, prepared once.</summary>
internal sealed class SqliteIndexTables(DbConnection connection, DbTransaction transaction) : IIndexTables
{
    public Task PutAsync(IReadOnlyList<KeyValuePair<string, KeyWritten>> keys, CancellationToken ct) => EachAsync(
        """
        INSERT INTO key_index (key, revision, value, session_id, expires_at_ms, session_ended)
        VALUES (@0, @1, @2, @3, @4, EXISTS (SELECT 1 FROM ended_session WHERE session_id = @3))
        ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, value = excluded.value, session_id = excluded.session_id,
          expires_at_ms = excluded.expires_at_ms, session_ended = excluded.session_ended
        """,
        keys.Select(k => new object[] { k.Key, k.Value.Revision, k.Value.Value.ToByteArray(), k.Value.SessionId, k.Value.ExpiresAtMs }), ct);

    public Task RemoveAsync(string[] keys, CancellationToken ct) => EachAsync("DELETE FROM key_index WHERE key = @0", keys.Select(k => new object[] { k }), ct);

    public Task OpenAsync(IReadOnlyList<(string Key, string TransactionId)> transactions, CancellationToken ct) =>
        EachAsync("INSERT INTO key_open (key, transaction_id) VALUES (@0, @1) ON CONFLICT DO NOTHING", transactions.Select(t => new object[] { t.Key, t.TransactionId }), ct);

    public Task CloseAsync(IReadOnlyList<(string Key, string TransactionId)> transactions, CancellationToken ct) =>
        EachAsync("DELETE FROM key_open WHERE key = @0 AND transaction_id = @1", transactions.Select(t => new object[] { t.Key, t.TransactionId }), ct);

    public Task EndSessionsAsync(IReadOnlyDictionary<string, long> sessions, CancellationToken ct) =>
        EachAsync("INSERT INTO ended_session (session_id, ended_at_ms) VALUES (@0, @1) ON CONFLICT DO NOTHING", sessions.Select(s => new object[] { s.Key, s.Value }), ct);

    public Task MarkEndedAsync(string[] sessions, CancellationToken ct) =>
        EachAsync("UPDATE key_index SET session_ended = 1 WHERE session_id = @0 AND session_id <> ''", sessions.Select(s => new object[] { s }), ct);

    private async Task EachAsync(string sql, IEnumerable<object[]> rows, CancellationToken ct)
    {
        await using var command = connection.Command(transaction, sql);
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                if (command.Parameters.Count == i)
                {
                    var parameter = command.CreateParameter();
                    parameter.ParameterName = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"@{i}");
                    command.Parameters.Add(parameter);
                }
                command.Parameters[i].Value = row[i];
            }
            await command.ExecuteNonQueryAsync(ct);
        }
    }
}
