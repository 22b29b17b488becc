using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>Asks every slot for its open transactions. An answer is of all slots, or it is a refusal: one that left some out would look like good news.</summary>
internal static class OpenTransactionsQuery
{
    /// <summary>The one state that can be asked for.</summary>
    public const string InDoubt = "inDoubt";

    /// <summary>More than a screen or a script wants at once, and within a message.</summary>
    private const int BytesAtMost = Limits.TransactionResultBytes;

    /// <exception cref="RefusedException">UNAVAILABLE: some slots did not answer, and how many.</exception>
    public static async Task<ListTransactionsResponse> RunAsync(EntityCalls calls, int limit, CancellationToken ct)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, calls.Shards.ShardCount).Select(slot => SlotAnswers.OrNullAsync(AskAsync(calls, slot, limit, ct))));
        var missing = answers.Count(a => a is null);
        if (missing > 0)
            throw SlotAnswers.NotAnswering(missing, string.Create(CultureInfo.InvariantCulture, $"{missing} of {answers.Length} slots of transactions did not answer; their transactions are not known"));
        return Merge(answers.OfType<OpenTransactions>(), limit);
    }

    /// <summary>All together, oldest first.</summary>
    public static ListTransactionsResponse Merge(IEnumerable<OpenTransactions> slots, int limit)
    {
        var all = slots.ToArray();
        // A slot that has more than it told of has them younger than these; what others have that is younger still must wait for another list.
        var youngestSure = all.Where(s => s.More).Select(s => s.Transactions[^1].AgeSeconds).DefaultIfEmpty(0).Max();
        var sorted = all.SelectMany(s => s.Transactions).OrderByDescending(t => t.AgeSeconds).ThenBy(t => t.TransactionId, StringComparer.Ordinal).ToArray();
        var response = new ListTransactionsResponse();
        var bytes = 0;
        foreach (var transaction in sorted.Where(t => t.AgeSeconds >= youngestSure).Take(limit))
        {
            bytes += transaction.CalculateSize();
            if (bytes > BytesAtMost && response.Transactions.Count > 0) break;
            response.Transactions.Add(transaction);
        }
        response.More = response.Transactions.Count < sorted.Length || all.Any(s => s.More);
        return response;
    }

    private static async Task<OpenTransactions> AskAsync(EntityCalls calls, int slot, int limit, CancellationToken ct)
    {
        var reply = await calls.AskAsync(EntityId.TransactionSlot(slot), new Command { ListOpenTransactions = new ListOpenTransactions { Limit = limit } }, ct);
        return EntityCalls.Expect(reply.OpenTransactions, reply);
    }
}
