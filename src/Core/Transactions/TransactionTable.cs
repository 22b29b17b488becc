using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// The durable state of a slot of coordinators: every transaction until 24 h after it was last applied. A decision never changes.
/// </summary>
internal sealed class TransactionTable
{
    private const long OutcomeKeptMs = Limits.TransactionOutcomeHours * 3_600_000L;
    private const long ResultKeptMs = Limits.TransactionResultMinutes * 60_000L;

    private readonly Dictionary<string, TransactionRecord> records = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long TimeMs)> settled = new();
    private readonly Queue<(string Id, long TimeMs, int Bytes)> withResults = new();
    private long resultBytes;

    public TransactionRecord? Find(string transactionId) => records.GetValueOrDefault(transactionId);

    public IEnumerable<TransactionRecord> Unsettled => records.Values.Where(r => !r.Settled && r.Started is not null);

    public void Apply(Event @event, Stamp stamp)
    {
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.TransactionStarted: Start(@event.TransactionStarted, stamp); break;
            case Event.BodyOneofCase.TransactionCommitted: Commit(@event.TransactionCommitted, stamp); break;
            case Event.BodyOneofCase.TransactionAborted: Abort(@event.TransactionAborted, stamp); break;
            case Event.BodyOneofCase.TransactionSettled: Settle(Get(@event.TransactionSettled.TransactionId), stamp.TimeMs); break;
            default: throw new InvalidHistoryException($"a transaction slot has no {@event.BodyCase}");
        }
        Forget(stamp.TimeMs);
    }

    private void Start(TransactionStarted started, Stamp stamp)
    {
        var record = records.GetValueOrDefault(started.TransactionId);
        if (record is null) records[started.TransactionId] = record = new TransactionRecord(started.TransactionId);
        else if (record.IsDecided) throw new InvalidHistoryException($"transaction {record.Id} was begun again after its decision");
        if (started.Attempt != (record.Started?.Attempt ?? 0) + 1) throw new InvalidHistoryException($"transaction {record.Id}: attempt {started.Attempt} is out of order");
        record.Started = started;
        record.StartedSequenceNr = stamp.SequenceNr;
        record.TimeMs = stamp.TimeMs;
    }

    private void Commit(TransactionCommitted committed, Stamp stamp)
    {
        var record = Get(committed.TransactionId);
        if (record.IsDecided) throw new InvalidHistoryException($"transaction {record.Id} was decided twice");
        if (record.Started?.Attempt != committed.Attempt) throw new InvalidHistoryException($"transaction {record.Id}: attempt {committed.Attempt} was committed, but never begun");
        record.Committed = committed;
        record.TimeMs = stamp.TimeMs;
        KeepResults(record, stamp.TimeMs);
    }

    private void Abort(TransactionAborted aborted, Stamp stamp)
    {
        if (!records.TryGetValue(aborted.TransactionId, out var record)) records[aborted.TransactionId] = record = new TransactionRecord(aborted.TransactionId);
        if (record.IsDecided) throw new InvalidHistoryException($"transaction {record.Id} was decided twice");
        record.Aborted = aborted;
        // Nobody takes part in what was never begun.
        if (record.Started is null) Settle(record, stamp.TimeMs);
        record.TimeMs = stamp.TimeMs;
    }

    private void Settle(TransactionRecord record, long timeMs)
    {
        if (!record.IsDecided) throw new InvalidHistoryException($"transaction {record.Id} was settled before its decision");
        record.Settled = true;
        record.TimeMs = timeMs;
        settled.Enqueue((record.Id, timeMs));
    }

    private void Forget(long nowMs)
    {
        while (settled.TryPeek(out var oldest) && oldest.TimeMs < nowMs - OutcomeKeptMs) records.Remove(settled.Dequeue().Id);
        while (withResults.TryPeek(out var oldest) && (oldest.TimeMs < nowMs - ResultKeptMs || (resultBytes > Limits.TransactionResultBytesPerSlot && withResults.Count > 1)))
        {
            withResults.Dequeue();
            resultBytes -= oldest.Bytes;
            if (records.GetValueOrDefault(oldest.Id) is not { Committed: { } committed } record) continue;
            // Another object: this one may be on its way into a snapshot.
            record.Committed = committed.Clone();
            record.Committed.Result.Results.Clear();
        }
    }

    private void KeepResults(TransactionRecord record, long timeMs)
    {
        var bytes = record.Committed!.Result.CalculateSize();
        withResults.Enqueue((record.Id, timeMs, bytes));
        resultBytes += bytes;
    }

    private TransactionRecord Get(string id) => records.GetValueOrDefault(id) ?? throw new InvalidHistoryException($"transaction {id} was never heard of");

    public void Restore(TransactionSlotSnapshot snapshot)
    {
        foreach (var stored in snapshot.Transactions.OrderBy(t => t.TimeMs))
        {
            var id = stored.Started?.TransactionId ?? stored.Aborted.TransactionId;
            records[id] = new TransactionRecord(id)
            {
                Started = stored.Started, Committed = stored.Committed, Aborted = stored.Aborted, Settled = stored.Settled, TimeMs = stored.TimeMs,
            };
            if (stored.Settled) settled.Enqueue((id, stored.TimeMs));
            if (stored.Committed?.Result.Results.Count > 0) KeepResults(records[id], stored.TimeMs);
        }
    }

    public TransactionSlotSnapshot Save()
    {
        var snapshot = new TransactionSlotSnapshot();
        snapshot.Transactions.AddRange(records.Values.Select(r =>
        {
            var stored = new StoredTransaction { Settled = r.Settled, TimeMs = r.TimeMs };
            if (r.Started is not null) stored.Started = r.Started;
            if (r.Committed is not null) stored.Committed = r.Committed;
            if (r.Aborted is not null) stored.Aborted = r.Aborted;
            return stored;
        }));
        return snapshot;
    }
}
