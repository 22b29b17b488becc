using System.Diagnostics.Metrics;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Storage;
using Event = AkkaHa.Messages.Storage.Event;

namespace AkkaHa.Node.Metrics;

/// <summary>
/// What a node counts (docs/telemetry.md lists it). This part is derived from rows and effects, so that the rules know nothing of it; while nobody listens it costs a look at a flag.
/// </summary>
internal static class NodeMeter
{
    /// <summary>What listeners ask for.</summary>
    public const string Name = "AkkaHa.Node";

    public const string FailedPersistsName = "akkaha.persists.failed";

    public const string PersistDurationName = "akkaha.persist.duration";

    /// <summary>Bounds of histograms of times, in seconds: of what is on the path of a call.</summary>
    public static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60] };

    /// <summary>Bounds of histograms of numbers.</summary>
    public static readonly InstrumentAdvice<int> Counts = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] };

    /// <summary>All that a node counts is made by it.</summary>
    public static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Persists = Meter.CreateCounter<long>("akkaha.persists", "{write}", "Atomic writes to the journal, by kind of entity.");
    private static readonly Counter<long> Rows = Meter.CreateCounter<long>("akkaha.persisted.rows", "{row}", "Rows in them, by kind of entity.");
    private static readonly Counter<long> FailedPersists = Meter.CreateCounter<long>(FailedPersistsName, "{write}", "Writes that were not confirmed, by kind of entity.");
    private static readonly Histogram<double> PersistDuration = Meter.CreateHistogram<double>(PersistDurationName, "s", "From the decision until it is durable, by kind of entity.", advice: Seconds);
    private static readonly Histogram<int> BatchRows = Meter.CreateHistogram<int>("akkaha.persist.batch", "{row}", "Rows of one atomic write, by kind of entity.", advice: Counts);
    private static readonly Counter<long> Started = Meter.CreateCounter<long>("akkaha.transactions.started", "{transaction}", "Transactions begun.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("akkaha.transactions.retries", "{attempt}", "Further attempts, after an older transaction was in the way.");
    private static readonly Counter<long> Committed = Meter.CreateCounter<long>("akkaha.transactions.committed", "{transaction}", "Transactions committed.");
    private static readonly Counter<long> Aborted = Meter.CreateCounter<long>("akkaha.transactions.aborted", "{transaction}", "Transactions aborted, by reason.");
    private static readonly Counter<long> PrepareWaits = Meter.CreateCounter<long>("akkaha.transactions.waits", "{wait}", "Times that a transaction waited at one participant for others.");
    private static readonly Counter<long> CallWaits = Meter.CreateCounter<long>("akkaha.keys.waits", "{wait}", "Reads and writes of keys that waited for a transaction.");
    private static readonly Counter<long> ArchivedOutcomes = Meter.CreateCounter<long>("akkaha.outcomes.archived", "{transaction}", "Outcomes put into the table.");
    private static readonly Counter<long> LookUps = Meter.CreateCounter<long>("akkaha.outcomes.lookups", "{lookup}", "Look-ups in the table, by result: found, none, failed.");

    private static readonly UpDownCounter<long> WatchesNow = Meter.CreateUpDownCounter<long>("akkaha.watches", "{watch}", "Watches on the live stream.");
    private static readonly UpDownCounter<long> CatchUpsNow = Meter.CreateUpDownCounter<long>("akkaha.watches.catching.up", "{watch}", "Watches that read the journal's past.");
    private static readonly Gauge<long> JournalFloor = Meter.CreateGauge<long>("akkaha.journal.floor", "{position}", "Rows up to this one may be gone.");

    /// <summary>A batch of one entity is durable.</summary>
    public static void Persisted(string kind, IReadOnlyList<Envelope> rows, long startedAt)
    {
        if (!Persists.Enabled && !Committed.Enabled && !PersistDuration.Enabled) return;
        var ofKind = Tag("kind", kind);
        Persists.Add(1, ofKind);
        Rows.Add(rows.Count, ofKind);
        BatchRows.Record(rows.Count, ofKind);
        PersistDuration.Record(TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds, ofKind);
        if (kind != Messages.EntityId.TransactionKind) return;
        foreach (var row in rows)
            foreach (var @event in row.Events) Count(@event);
    }

    /// <summary>What has not happened yet is told as 0: whoever alerts on an increase sees the first one too.</summary>
    public static void Begin()
    {
        foreach (var kind in (string[])[Messages.EntityId.KeyKind, Messages.EntityId.LockKind, Messages.EntityId.SessionKind, Messages.EntityId.TransactionKind]) FailedPersists.Add(0, Tag("kind", kind));
    }

    public static void PersistFailed(string kind) => FailedPersists.Add(1, Tag("kind", kind));

    public static void Happened(Counted what) => (what == Counted.PrepareWaits ? PrepareWaits : CallWaits).Add(1);

    public static void Archived(int count) => ArchivedOutcomes.Add(count);

    public static void LookedUp(bool answered, bool found) => LookUps.Add(1, Tag("result", !answered ? "failed" : found ? "found" : "none"));

    public static void Watches(int more) => WatchesNow.Add(more);

    public static void CatchUps(int more) => CatchUpsNow.Add(more);

    public static void Floor(long ordering) => JournalFloor.Record(ordering);

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
        AbortReason.GivenUp => "given-up",
        _ => "operation",
    };

    public static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
