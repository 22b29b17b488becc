using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// The durable state of a slot of coordinators: every transaction that is not settled, and the settled until their outcomes are in the table of older ones. A decision never changes.
/// </summary>
internal sealed class TransactionTable(OutcomeTimes times)
{
    private readonly Dictionary<string, TransactionRecord> records = new(StringComparer.Ordinal);
    private readonly SortedSet<(long FromMs, string Id)> settled = new(Comparer<(long FromMs, string Id)>.Create(
        (a, b) => a.FromMs != b.FromMs ? a.FromMs.CompareTo(b.FromMs) : string.CompareOrdinal(a.Id, b.Id)));

    private readonly KeptResults results = new();
    private readonly HashSet<string> ahead = new(StringComparer.Ordinal);

    /// <summary>Outcomes of ids issued until then may have been restored from a backup: straight into the table of older ones. 0: none were.</summary>
    private long restoredUntilMs;

    /// <summary>Whether the id's outcome may be in the table though it is too young to have left this slot.</summary>
    public bool MayBeRestored(string transactionId) => TransactionIdTime.IssuedAtMs(transactionId) <= restoredUntilMs;

    public TransactionRecord? Find(string transactionId) => records.GetValueOrDefault(transactionId);

    public IEnumerable<TransactionRecord> Unsettled => records.Values.Where(r => !r.Settled && r.Started is not null);

    /// <summary>How many are kept for longer than others, since their ids are issued in the future.</summary>
    public int Ahead => ahead.Count;

    /// <summary>How many are not settled.</summary>
    public int Open => records.Count - settled.Count;

    /// <summary>From when the time of the oldest settled one counts; null: none is settled.</summary>
    public long? OldestSettledMs => settled.Count == 0 ? null : settled.Min.FromMs;

    /// <summary>Whether it has been settled for as long as outcomes are kept here.</summary>
    public bool IsRipe(string transactionId, long nowMs) => Find(transactionId) is { Settled: true } record && FromOf(record) + times.InSlotMs <= nowMs;

    /// <summary>The oldest that are ripe, as they go into the table.</summary>
    public IReadOnlyList<ArchivedOutcome> Ripe(long nowMs, int atMost) =>
        [.. settled.TakeWhile(s => s.FromMs + times.InSlotMs <= nowMs).Take(atMost).Select(s => new ArchivedOutcome(s.Id, records[s.Id].WithoutResults(), s.FromMs + times.KeptMs))];

    public void Apply(Event @event, Stamp stamp)
    {
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.TransactionStarted: Start(@event.TransactionStarted, stamp); break;
            case Event.BodyOneofCase.TransactionCommitted: Commit(@event.TransactionCommitted, stamp); break;
            case Event.BodyOneofCase.TransactionAborted: Abort(@event.TransactionAborted, stamp); break;
            case Event.BodyOneofCase.TransactionSettled: Settle(Get(@event.TransactionSettled.TransactionId), stamp.TimeMs); break;
            case Event.BodyOneofCase.TransactionsArchived: Leave(@event.TransactionsArchived); break;
            case Event.BodyOneofCase.OutcomesRestored: restoredUntilMs = @event.OutcomesRestored.IssuedUntilMs; break;
            default: throw new InvalidHistoryException($"a transaction slot has no {@event.BodyCase}");
        }
        DropResults(stamp.TimeMs);
    }

    private void Start(TransactionStarted started, Stamp stamp)
    {
        var record = NotForgottenBefore(started.TransactionId, stamp.TimeMs);
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
        var record = NotForgottenBefore(aborted.TransactionId, stamp.TimeMs);
        if (record is null) records[aborted.TransactionId] = record = new TransactionRecord(aborted.TransactionId);
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
        // Every participant has done with it: who asks from now on has nothing that the decision names.
        record.Slim();
        AddSettled(record);
    }

    private void AddSettled(TransactionRecord record)
    {
        settled.Add((FromOf(record), record.Id));
        if (FromOf(record) > record.TimeMs + (Limits.ClockAheadSeconds * 1000L)) ahead.Add(record.Id);
    }

    private void Leave(TransactionsArchived archived)
    {
        foreach (var id in archived.TransactionIds)
        {
            var record = Get(id);
            if (!record.Settled) throw new InvalidHistoryException($"transaction {id} left its slot before it was settled");
            settled.Remove((FromOf(record), id));
            Forget(id);
        }
    }

    private long FromOf(TransactionRecord record) => times.From(record.Id, record.TimeMs);

    /// <summary>
    /// The record of an id of which a row says that it begins. Earlier versions forgot by the time of rows what could not be put into the table in all its time, and an id may have been used again: this one keeps it
    /// until the table has it, since a clock that is a day ahead for a moment must not make a slot forget.
    /// </summary>
    private TransactionRecord? NotForgottenBefore(string id, long nowMs)
    {
        if (records.GetValueOrDefault(id) is not { Settled: true } record || FromOf(record) + times.KeptMs >= nowMs) return records.GetValueOrDefault(id);
        settled.Remove((FromOf(record), id));
        Forget(id);
        return null;
    }

    private void Forget(string id)
    {
        records.Remove(id);
        ahead.Remove(id);
        results.Remove(id);
    }

    private void DropResults(long nowMs)
    {
        while (results.TakeNext(nowMs) is { } id) records[id].DropResults();
    }

    private void KeepResults(TransactionRecord record, long timeMs) => results.Add(record.Id, timeMs, record.Committed!.Result.CalculateSize());

    private TransactionRecord Get(string id) => records.GetValueOrDefault(id) ?? throw new InvalidHistoryException($"transaction {id} was never heard of");

    /// <summary>Nothing when that is stored already.</summary>
    public Event? RestoreUntil(long issuedUntilMs) =>
        issuedUntilMs > restoredUntilMs ? new Event { OutcomesRestored = new OutcomesRestored { IssuedUntilMs = issuedUntilMs } } : null;

    public void Restore(TransactionSlotSnapshot snapshot)
    {
        restoredUntilMs = snapshot.OutcomesRestoredUntilMs;
        foreach (var stored in snapshot.Transactions.OrderBy(t => t.TimeMs))
        {
            var record = TransactionRecord.From(stored);
            records[record.Id] = record;
            if (stored.Settled) AddSettled(record);
            if (stored.Committed is { Result: { ResultsDropped: false, Results.Count: > 0 } }) KeepResults(record, stored.TimeMs);
        }
    }

    public TransactionSlotSnapshot Save()
    {
        var snapshot = new TransactionSlotSnapshot { OutcomesRestoredUntilMs = restoredUntilMs };
        snapshot.Transactions.AddRange(records.Values.Select(r => r.ToStored()));
        return snapshot;
    }
}
