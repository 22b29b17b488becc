using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>Attempts that were refused or dropped at one participant: what comes late of them is not prepared any more.</summary>
internal sealed class RefusedAttempts
{
    /// <summary>By the time of rows: for as long as a message could still be on its way, and far beyond.</summary>
    private const long KeptMs = 3_600_000;

    private readonly Dictionary<string, (uint Attempt, long TimeMs)> refused = new(StringComparer.Ordinal);
    private readonly Queue<(string TransactionId, long TimeMs)> byAge = new();

    /// <summary>Whether this attempt, or a later one, was refused.</summary>
    public bool Has(string transactionId, uint attempt) => refused.TryGetValue(transactionId, out var refusal) && attempt <= refusal.Attempt;

    public void Add(string transactionId, uint attempt, long timeMs)
    {
        refused[transactionId] = (attempt, timeMs);
        byAge.Enqueue((transactionId, timeMs));
        while (byAge.TryPeek(out var oldest) && oldest.TimeMs < timeMs - KeptMs)
        {
            byAge.Dequeue();
            if (refused.TryGetValue(oldest.TransactionId, out var kept) && kept.TimeMs == oldest.TimeMs) refused.Remove(oldest.TransactionId);
        }
    }

    public void Restore(IEnumerable<StoredRefusal> stored)
    {
        foreach (var one in stored.OrderBy(r => r.TimeMs)) Add(one.Refused.TransactionId, one.Refused.Attempt, one.TimeMs);
    }

    public IEnumerable<StoredRefusal> Save() =>
        refused.Select(r => new StoredRefusal { Refused = new Refused { TransactionId = r.Key, Attempt = r.Value.Attempt }, TimeMs = r.Value.TimeMs });
}
