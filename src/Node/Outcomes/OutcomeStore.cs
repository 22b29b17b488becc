using System.Data.Common;
using System.Globalization;
using System.Text;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Google.Protobuf;

namespace AkkaHa.Node.Outcomes;

/// <summary>
/// The table of outcomes of transactions that have left their slots. A decision never changes, so a row may be stored any number of times, also by a node that has been replaced.
/// </summary>
internal sealed class OutcomeStore(Database database, string incarnation)
{
    /// <summary>In one statement: databases have a limit on parameters.</summary>
    private const int RowsAtOnce = 500;

    private const int DeletedAtOnce = 5000;

    /// <summary>Stores them, all or some. Durable when this returns; after an exception not known, and to be done again.</summary>
    public async Task StoreAsync(IReadOnlyList<ArchivedOutcome> outcomes)
    {
        await using var connection = await database.OpenJournalAsync(incarnation, CancellationToken.None);
        foreach (var chunk in outcomes.Chunk(RowsAtOnce))
        {
            await using var insert = Insert(connection, chunk);
            // Never cancelled: PostgreSQL answers success to a commit that was cancelled while it waited for its standby.
            await insert.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>The stored records of those of these ids that there are.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]>> FindAsync(IReadOnlyCollection<string> transactionIds, CancellationToken ct)
    {
        await using var connection = await database.OpenJournalAsync(incarnation, ct);
        await using var command = connection.Command(null, "");
        command.CommandText = $"SELECT transaction_id, record FROM outcome WHERE transaction_id IN ({string.Join(", ", transactionIds.Select(id => Parameter(command, id)))})";
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) found[rows.GetString(0)] = rows.GetFieldValue<byte[]>(1);
        return found;
    }

    /// <summary>
    /// Deletes what need not be kept any more, some at a time, and says how many. Only what is over by more than nodes' clocks may differ: a slot whose clock is behind must
    /// not take what it does not find for new.
    /// </summary>
    public async Task<int> DeleteOldAsync(long nowMs, CancellationToken ct)
    {
        await using var connection = await database.OpenJournalAsync(incarnation, ct);
        var deleted = 0;
        while (true)
        {
            await using var delete = connection.Command(null,
                "DELETE FROM outcome WHERE transaction_id IN (SELECT transaction_id FROM outcome WHERE keep_until_ms < @until ORDER BY keep_until_ms LIMIT @most)",
                ("until", nowMs - (Limits.ClockAheadSeconds * 1000L)), ("most", DeletedAtOnce));
            var now = await delete.ExecuteNonQueryAsync(ct);
            deleted += now;
            if (now < DeletedAtOnce) return deleted;
        }
    }

    private static DbCommand Insert(DbConnection connection, IEnumerable<ArchivedOutcome> outcomes)
    {
        var command = connection.Command(null, "");
        var text = new StringBuilder("INSERT INTO outcome (transaction_id, outcome, payload_hash, settled_at_ms, keep_until_ms, record) VALUES ");
        var separator = "";
        foreach (var (id, record, keepUntilMs) in outcomes)
        {
            object[] row =
            [
                id, record.Committed is not null ? "committed" : record.Aborted.Forgotten ? "unknown" : "aborted", record.Started?.PayloadHash.ToByteArray() ?? [], record.TimeMs, keepUntilMs, record.ToByteArray(),
            ];
            text.Append(CultureInfo.InvariantCulture, $"{separator}({string.Join(", ", row.Select(v => Parameter(command, v)))})");
            separator = ", ";
        }
        // An id that is no uuid of version 7 may be used for something else after its time: then the later counts.
        text.Append("""
             ON CONFLICT (transaction_id) DO UPDATE SET outcome = excluded.outcome, payload_hash = excluded.payload_hash, settled_at_ms = excluded.settled_at_ms,
             keep_until_ms = excluded.keep_until_ms, record = excluded.record WHERE outcome.settled_at_ms < excluded.settled_at_ms
            """);
        command.CommandText = text.ToString();
        return command;
    }

    private static string Parameter(DbCommand command, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = string.Create(CultureInfo.InvariantCulture, $"p{command.Parameters.Count}");
        parameter.Value = value;
        command.Parameters.Add(parameter);
        return "@" + parameter.ParameterName;
    }
}
