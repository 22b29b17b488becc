using System.Collections.Concurrent;
using AkkaHa.ClientApi;
using AkkaHa.Messages.Errors;

namespace AkkaHa.Cli.Demo;

/// <summary>Workers that do the same: their lanes, and what they were told instead of yes.</summary>
sealed class WorkerKind(string name, int workers, TimeProvider time)
{
    readonly ConcurrentDictionary<string, int> refusals = new(StringComparer.Ordinal);

    /// <summary>What they do, in the plural.</summary>
    public string Name { get; } = name;

    /// <summary>One for each worker.</summary>
    public IReadOnlyList<Lane> Lanes { get; } = [.. Enumerable.Range(0, workers).Select(_ => new Lane(time))];

    /// <summary>The last answer other than yes, in words; null when there was none.</summary>
    public string? LastRefusal { get; private set; }

    /// <summary>Answers other than yes, by their code.</summary>
    public IReadOnlyDictionary<string, int> Refusals => refusals;

    /// <summary>Successes before anything happened.</summary>
    public int CalmCount => Count(DemoPhase.Calm);

    /// <summary>Successes before the kill.</summary>
    public int Before => CalmCount + Count(DemoPhase.PausedWorker);

    /// <summary>Successes after the kill.</summary>
    public int After => Count(DemoPhase.NodeGone) + Count(DemoPhase.NodeBack);

    /// <summary>Successes.</summary>
    public int Total => Before + After;

    /// <summary>The longest that any of them waited in a phase.</summary>
    public TimeSpan LongestWait(DemoPhase phase) => Lanes.Max(lane => lane.LongestWait(phase));

    /// <summary>How long the one that waits longest has been waiting.</summary>
    public TimeSpan Waiting => Lanes.Max(lane => time.GetElapsedTime(lane.LastAt));

    /// <summary>Whether every one of them has had a success since then (monotonic).</summary>
    public bool AllServedSince(long at) => Lanes.All(lane => lane.LastAt > at);

    /// <summary>One of them was told no, or nothing certain.</summary>
    public void Refused(AkkaHaException e)
    {
        refusals.AddOrUpdate(ErrorTable.Of(e.Code).Name, 1, (_, n) => n + 1);
        LastRefusal = e.Message;
    }

    /// <summary>From now on, all of it belongs to this phase.</summary>
    public void Enter(DemoPhase phase)
    {
        foreach (var lane in Lanes) lane.Enter(phase);
    }

    /// <summary>Whether a client must be ready for this answer while nodes come and go. Any other is a mistake of the demo or of the cluster.</summary>
    public static bool IsPartOfLife(AkkaHaException e) =>
        e is UnavailableException or OutcomeUnknownException or FenceStaleException or SessionExpiredException or TransactionConflictException or TransactionAbortedException;

    int Count(DemoPhase phase) => Lanes.Sum(lane => lane.Count(phase));
}
