using System.Diagnostics;
using System.Diagnostics.Metrics;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Metrics;

/// <summary>What one activation of an entity adds to the node's levels; it takes all of it back when it ends. Only differences are told, so that a batch that changes nothing costs nothing. Its writes are counted, and told to who judges the journal by them.</summary>
internal sealed class EntityMeter(string kind, JournalWrites writes)
{
    private static readonly UpDownCounter<long> Active = NodeMeter.Meter.CreateUpDownCounter<long>("akkaha.entities.active", "{entity}", "Entities in memory, by kind.");
    private static readonly UpDownCounter<long> Queued = NodeMeter.Meter.CreateUpDownCounter<long>("akkaha.entities.queued", "{command}", "Commands that wait for a write of their entity to end, by kind.");
    private static readonly Histogram<double> Recovery = NodeMeter.Meter.CreateHistogram<double>(
        "akkaha.entity.recovery.duration", "s", "From the start of an entity until it has read its history, by kind.", advice: NodeMeter.Seconds);
    private static readonly UpDownCounter<long> Sessions = NodeMeter.Meter.CreateUpDownCounter<long>("akkaha.sessions", "{session}", "Sessions that live.");
    private static readonly UpDownCounter<long> Holders = NodeMeter.Meter.CreateUpDownCounter<long>("akkaha.locks.holders", "{holder}", "Holders of locks in memory.");
    private static readonly UpDownCounter<long> Waiters = NodeMeter.Meter.CreateUpDownCounter<long>("akkaha.locks.waiters", "{waiter}", "Who waits for a lock.");
    private static readonly UpDownCounter<long> OpenTransactions = NodeMeter.Meter.CreateUpDownCounter<long>("akkaha.transactions.open", "{transaction}", "Transactions that are not settled.");

    private readonly KeyValuePair<string, object?> ofKind = NodeMeter.Tag("kind", kind);
    private readonly long startedAt = Stopwatch.GetTimestamp();
    private Levels told;
    private int queued;
    private bool active;
    private bool persisting;
    private long persistStartedAt;

    /// <summary>Its history is read.</summary>
    public void Recovered()
    {
        active = true;
        Active.Add(1, ofKind);
        Recovery.Record(Stopwatch.GetElapsedTime(startedAt).TotalSeconds, ofKind);
    }

    /// <summary>So many commands wait now.</summary>
    public void Waiting(int commands)
    {
        if (commands == queued) return;
        Queued.Add(commands - queued, ofKind);
        queued = commands;
    }

    /// <summary>It holds so much now.</summary>
    public void Holds(Levels levels)
    {
        if (levels == told) return;
        Tell(Sessions, levels.Sessions - told.Sessions);
        Tell(Holders, levels.Holders - told.Holders);
        Tell(Waiters, levels.Waiters - told.Waiters);
        Tell(OpenTransactions, levels.OpenTransactions - told.OpenTransactions);
        told = levels;
    }

    /// <summary>It writes.</summary>
    public void Persisting()
    {
        persisting = true;
        persistStartedAt = Stopwatch.GetTimestamp();
        writes.Began(MonotonicClock.NowMs);
    }

    /// <summary>The rows are durable.</summary>
    /// <returns>When they began to be written, a timestamp.</returns>
    public long Persisted(IReadOnlyList<Envelope> rows)
    {
        persisting = false;
        writes.Succeeded(MonotonicClock.NowMs);
        NodeMeter.Persisted(kind, rows, persistStartedAt);
        return persistStartedAt;
    }

    /// <summary>The write was not confirmed; null: the journal was not even asked.</summary>
    public void PersistFailed(Exception? cause)
    {
        NodeMeter.PersistFailed(kind);
        if (!persisting) return;
        persisting = false;
        if (cause is null) writes.Abandoned();
        else writes.Failed(cause, MonotonicClock.NowMs);
    }

    /// <summary>It ends.</summary>
    public void Ended()
    {
        if (persisting) writes.Abandoned();
        persisting = false;
        Waiting(0);
        Holds(default);
        if (active) Active.Add(-1, ofKind);
        active = false;
    }

    private static void Tell(UpDownCounter<long> level, int by)
    {
        if (by != 0) level.Add(by);
    }
}
