using System.Data.Common;
using System.Globalization;
using System.Text;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Google.Protobuf;

namespace AkkaHa.Node.Outcomes;

/// <summary>What the table knows of some ids.</summary>
/// <param name="Records">Of those that are there.</param>
/// <param name="DeletedBeforeMs">Of those that were to be kept until before this, some may have been deleted; none of later.</param>
/// <param name="NowMs">The database's clock.</param>
internal sealed record OutcomesFound(IReadOnlyDictionary<string, byte[]> Records, long DeletedBeforeMs, long NowMs);

/// <summary>
/// The table of outcomes of transactions that have left their slots. A decision never changes, so a row may be stored any number of times, also by a node that has been replaced.
/// </summary>
internal sealed class OutcomeStore(Database database, string incarnation)
{
    /// <summary>In one statement: databases have a limit on parameters.</summary>
    private const int RowsAtOnce = 500;

    private const int DeletedAtOnce = 5000;
    private const long SlackMs = Limits.ClockAheadSeconds * 1000L;
    private const long KeptMs = Limits.TransactionOutcomeHours * 3_600_000L;

    public Database Database => database;

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

    /// <summary>The stored records of those of these ids that there are, and what the table says of the others, as of one moment.</summary>
    public async Task<OutcomesFound> FindAsync(IReadOnlyCollection<string> transactionIds, CancellationToken ct)
    {
        await using var connection = await database.OpenJournalAsync(incarnation, ct);
        await using var command = connection.Command(null, "");
        command.CommandText = $"""
            SELECT m.ordering, {NowMs}, o.transaction_id, o.record FROM journal_mark m
            LEFT JOIN outcome o ON o.transaction_id IN ({string.Join(", ", transactionIds.Select(id => Parameter(command, id)))}) WHERE m.name = '{Marks.Outcomes}'
            """;
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(ct);
        if (!await rows.ReadAsync(ct)) throw new InvalidOperationException($"there is no mark '{Marks.Outcomes}' in journal_mark");
        var (deletedBeforeMs, nowMs) = (rows.GetInt64(0), rows.GetInt64(1));
        do
        {
            if (!rows.IsDBNull(2)) found[rows.GetString(2)] = rows.GetFieldValue<byte[]>(3);
        }
        while (await rows.ReadAsync(ct));
        return new OutcomesFound(found, deletedBeforeMs, nowMs);
    }

    /// <summary>
    /// Deletes what need not be kept any more, some at a time, and says how many. By the database's clock, which is one for all, and this node's: a node whose clock is hours ahead deletes nothing too early.
    /// Before any goes, a mark says up to when: whoever does not find an id, and would have found it but for this, is told by that, whatever its own clock says.
    /// </summary>
    public async Task<int> DeleteOldAsync(long nowMs, CancellationToken ct)
    {
        await using var connection = await database.OpenJournalAsync(incarnation, ct);
        var deleted = 0;
        while (true)
        {
            await using var oldest = connection.Command(null, $"""
                SELECT max(keep_until_ms) FROM (SELECT keep_until_ms FROM outcome WHERE keep_until_ms < @until AND keep_until_ms < {NowMs} - {SlackMs} ORDER BY keep_until_ms LIMIT @most) AS o
                """, ("until", nowMs - SlackMs), ("most", DeletedAtOnce));
            if (await oldest.ExecuteScalarAsync(ct) is not long upToMs) return deleted;
            await using var raise = connection.Command(null, $"UPDATE journal_mark SET ordering = @upTo + 1 WHERE name = '{Marks.Outcomes}' AND ordering <= @upTo", ("upTo", upToMs));
            await raise.ExecuteNonQueryAsync(ct);
            await using var delete = connection.Command(null, "DELETE FROM outcome WHERE keep_until_ms <= @upTo", ("upTo", upToMs));
            deleted += await delete.ExecuteNonQueryAsync(ct);
        }
    }

    private string NowMs => database.NowMs;

    private DbCommand Insert(DbConnection connection, IEnumerable<ArchivedOutcome> outcomes)
    {
        var command = connection.Command(null, "");
        var text = new StringBuilder("INSERT INTO outcome (transaction_id, outcome, payload_hash, settled_at_ms, keep_until_ms, record) VALUES ");
        var separator = "";
        foreach (var one in outcomes)
        {
            var (id, record, keepUntilMs) = one;
            object[] row =
            [
                id, one.Outcome, record.Started?.PayloadHash.ToByteArray() ?? [], record.TimeMs, keepUntilMs, record.ToByteArray(),
            ];
            var values = row.Select(v => Parameter(command, v)).ToArray();
            // By the database's clock too it is kept for all its time: that of the slot's node may be hours behind.
            values[4] = $"{(database.IsPostgres ? "greatest" : "max")}({values[4]}, {NowMs} + {KeptMs})";
            text.Append(CultureInfo.InvariantCulture, $"{separator}({string.Join(", ", values)})");
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
