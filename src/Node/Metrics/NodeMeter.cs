using System.Diagnostics.Metrics;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Storage;
using Event = AkkaHa.Messages.Storage.Event;

namespace AkkaHa.Node.Metrics;

/// <summary>
/// What a node counts, for whoever listens (docs/operating.md lists it). Derived from rows and effects, so that the rules know nothing of it; while nobody listens it costs a look at a flag.
/// </summary>
internal static class NodeMeter
{
    /// <summary>What listeners ask for.</summary>
    public const string Name = "AkkaHa.Node";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Persists = Meter.CreateCounter<long>("akkaha.persists", "{write}", "Atomic writes to the journal, by kind of entity.");
    private static readonly Counter<long> Rows = Meter.CreateCounter<long>("akkaha.persisted.rows", "{row}", "Rows in them, by kind of entity.");
    private static readonly Counter<long> FailedPersists = Meter.CreateCounter<long>("akkaha.persists.failed", "{write}", "Writes that were not confirmed, by kind of entity.");
    private static readonly Histogram<double> PersistDuration = Meter.CreateHistogram<double>("akkaha.persist.duration", "s", "From the decision until it is durable, by kind of entity.");
    private static readonly Counter<long> Started = Meter.CreateCounter<long>("akkaha.transactions.started", "{transaction}", "Transactions begun.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("akkaha.transactions.retries", "{attempt}", "Further attempts, after an older transaction was in the way.");
    private static readonly Counter<long> Committed = Meter.CreateCounter<long>("akkaha.transactions.committed", "{transaction}", "Transactions committed.");
    private static readonly Counter<long> Aborted = Meter.CreateCounter<long>("akkaha.transactions.aborted", "{transaction}", "Transactions aborted, by reason.");
    private static readonly Counter<long> PrepareWaits = Meter.CreateCounter<long>("akkaha.transactions.waits", "{wait}", "Times that a transaction waited at one participant for younger ones.");
    private static readonly Counter<long> CallWaits = Meter.CreateCounter<long>("akkaha.keys.waits", "{wait}", "Reads and writes of keys that waited for a transaction.");
    private static readonly Counter<long> ArchivedOutcomes = Meter.CreateCounter<long>("akkaha.outcomes.archived", "{transaction}", "Outcomes put into the table.");
    private static readonly Counter<long> LookUps = Meter.CreateCounter<long>("akkaha.outcomes.lookups", "{lookup}", "Look-ups in the table, by result: found, none, failed.");

    private static readonly UpDownCounter<long> WatchesNow = Meter.CreateUpDownCounter<long>("akkaha.watches", "{watch}", "Watches on the live stream.");
    private static readonly UpDownCounter<long> CatchUpsNow = Meter.CreateUpDownCounter<long>("akkaha.watches.catching.up", "{watch}", "Watches that read the journal's past.");
    private static readonly Gauge<long> IndexLag = Meter.CreateGauge<long>("akkaha.index.lag", "{row}", "Rows of the journal that the index had not read when the leader looked.");
    private static readonly Gauge<long> JournalFloor = Meter.CreateGauge<long>("akkaha.journal.floor", "{position}", "Rows up to this one may be gone.");
    private static readonly Gauge<long> KeysDue = Meter.CreateGauge<long>("akkaha.keys.due", "{key}", "Keys that were called on to end, and have not yet, by reason.");

    /// <summary>The instruments' names, as documented.</summary>
    public static IReadOnlyList<string> Instruments =>
    [
        .. ((Instrument[])
        [
            Persists, Rows, FailedPersists, PersistDuration, Started, Retries, Committed, Aborted, PrepareWaits, CallWaits, ArchivedOutcomes, LookUps, WatchesNow, CatchUpsNow, IndexLag, JournalFloor, KeysDue,
        ]).Select(i => i.Name),
    ];

    /// <summary>A batch of one entity is durable.</summary>
    public static void Persisted(string kind, IReadOnlyList<Envelope> rows, long startedAt)
    {
        if (!Persists.Enabled && !Committed.Enabled && !PersistDuration.Enabled) return;
        var ofKind = Tag("kind", kind);
        Persists.Add(1, ofKind);
        Rows.Add(rows.Count, ofKind);
        PersistDuration.Record(TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds, ofKind);
        if (kind != Messages.EntityId.TransactionKind) return;
        foreach (var row in rows)
            foreach (var @event in row.Events) Count(@event);
    }

    public static void PersistFailed(string kind) => FailedPersists.Add(1, Tag("kind", kind));

    public static void Happened(Counted what) => (what == Counted.PrepareWaits ? PrepareWaits : CallWaits).Add(1);

    public static void Archived(int count) => ArchivedOutcomes.Add(count);

    public static void LookedUp(bool answered, bool found) => LookUps.Add(1, Tag("result", !answered ? "failed" : found ? "found" : "none"));

    public static void Watches(int more) => WatchesNow.Add(more);

    public static void CatchUps(int more) => CatchUpsNow.Add(more);

    /// <summary>The leader looks at the index.</summary>
    public static void Index(long lag) => IndexLag.Record(lag);

    public static void Floor(long ordering) => JournalFloor.Record(ordering);

    public static void Due(string reason, int keys) => KeysDue.Record(keys, Tag("reason", reason));

    private static void Count(Event @event)
    {
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.TransactionStarted: (@event.TransactionStarted.Attempt == 1 ? Started : Retries).Add(1); break;
            case Event.BodyOneofCase.TransactionCommitted: Committed.Add(1); break;
            case Event.BodyOneofCase.TransactionAborted: Aborted.Add(1, Tag("reason", ReasonOf(@event.TransactionAborted.Reason))); break;
            default: break;
        }
    }

    /// <summary>Few, whatever text there is.</summary>
    private static string ReasonOf(string reason) => reason switch
    {
        AbortReason.Deadline => "deadline",
        AbortReason.Conflict => "conflict",
        AbortReason.Resolved => "resolved",
        AbortReason.NeverStarted => "never-started",
        AbortReason.Recovery => "recovery",
        AbortReason.Mismatch => "mismatch",
        AbortReason.Ahead => "ahead",
        _ => "operation",
    };

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
