using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>Attempts that were refused or dropped at one participant: what comes late of them is not prepared any more, for as long as that is kept, by the time of rows.</summary>
internal sealed class RefusedAttempts
{
    /// <summary>For as long as a message could still be on its way, and far beyond: to prepare it then could make two outcomes (docs/adr/0014).</summary>
    private const long RefusedMs = 3_600_000;

    /// <summary>Nobody can commit what was dropped for a later attempt (docs/adr/0014): to prepare it late costs the second until its coordinator is asked, and that is all that this saves.</summary>
    private const long DroppedMs = 120_000;

    private readonly Dictionary<string, Refusal> refused = new(StringComparer.Ordinal);

    // One entry for each time that something was added; those of what was added again since are passed over.
    private readonly Queue<(string TransactionId, Refusal Refusal)> droppedByAge = new();
    private readonly Queue<(string TransactionId, Refusal Refusal)> refusedByAge = new();

    private sealed record Refusal(uint Attempt, long TimeMs, bool Dropped)
    {
        public bool IsOver(long nowMs) => TimeMs < nowMs - (Dropped ? DroppedMs : RefusedMs);
    }

    /// <summary>Whether this attempt, or a later one, was refused.</summary>
    public bool Has(string transactionId, uint attempt, long nowMs) => refused.TryGetValue(transactionId, out var refusal) && attempt <= refusal.Attempt && !refusal.IsOver(nowMs);

    public void Refused(string transactionId, uint attempt, long timeMs) => Add(transactionId, new Refusal(attempt, timeMs, false));

    /// <summary>In favour of a later attempt. What was refused before stays refused for all of its time.</summary>
    public void Dropped(string transactionId, uint attempt, long timeMs) =>
        Add(transactionId, new Refusal(attempt, timeMs, !refused.TryGetValue(transactionId, out var before) || before.Dropped));

    private void Add(string transactionId, Refusal refusal)
    {
        refused[transactionId] = refusal;
        (refusal.Dropped ? droppedByAge : refusedByAge).Enqueue((transactionId, refusal));
        Purge(droppedByAge, refusal.TimeMs);
        Purge(refusedByAge, refusal.TimeMs);
    }

    private void Purge(Queue<(string TransactionId, Refusal Refusal)> byAge, long nowMs)
    {
        while (byAge.TryPeek(out var oldest) && oldest.Refusal.IsOver(nowMs))
        {
            byAge.Dequeue();
            if (ReferenceEquals(refused.GetValueOrDefault(oldest.TransactionId), oldest.Refusal)) refused.Remove(oldest.TransactionId);
        }
    }

    public void Restore(IEnumerable<StoredRefusal> stored)
    {
        foreach (var one in stored.OrderBy(r => r.TimeMs)) Add(one.Refused.TransactionId, new Refusal(one.Refused.Attempt, one.TimeMs, one.Dropped));
    }

    public IEnumerable<StoredRefusal> Save(long nowMs) => refused.Where(r => !r.Value.IsOver(nowMs)).Select(r => new StoredRefusal
    {
        Refused = new Refused { TransactionId = r.Key, Attempt = r.Value.Attempt }, TimeMs = r.Value.TimeMs, Dropped = r.Value.Dropped,
    });
}
