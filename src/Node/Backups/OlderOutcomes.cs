using System.Data.Common;
using System.Runtime.CompilerServices;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Backups;

/// <summary>The table of older outcomes, page by page.</summary>
internal sealed class OlderOutcomes(DbConnection connection)
{
    private const int RowsAtOnce = 500;

    /// <summary>Those that are to be kept still.</summary>
    public async IAsyncEnumerable<(string TransactionId, long KeepUntilMs, byte[] Record)> ReadAsync(long nowMs, [EnumeratorCancellation] CancellationToken ct)
    {
        var after = "";
        while (true)
        {
            var page = new List<(string TransactionId, long KeepUntilMs, byte[] Record)>();
            await using (var command = connection.Command(
                null, $"SELECT transaction_id, keep_until_ms, record FROM outcome WHERE transaction_id > @after AND keep_until_ms > @now ORDER BY transaction_id LIMIT {RowsAtOnce}", ("@after", after), ("@now", nowMs)))
            await using (var row = await command.ExecuteReaderAsync(ct))
                while (await row.ReadAsync(ct)) page.Add((row.GetString(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2)));
            foreach (var outcome in page) yield return outcome;
            if (page.Count < RowsAtOnce) yield break;
            after = page[^1].TransactionId;
        }
    }
}
