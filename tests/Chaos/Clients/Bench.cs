using System.Collections.Concurrent;
using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;

namespace AkkaHa.Chaos.Clients;

/// <summary>What all clients of a run share.</summary>
sealed class Bench(Recorder recorder)
{
    private long unique;

    public Recorder Recorder { get; } = recorder;

    public InUse InUse { get; } = new();

    /// <summary>Sessions that somebody was told have ended.</summary>
    public Recent<Ended> EndedSessions { get; } = new(48);

    /// <summary>Fences that were given back.</summary>
    public Recent<Spent> SpentFences { get; } = new(48);

    /// <summary>Transactions that may or may not have been committed.</summary>
    public ConcurrentQueue<string> InDoubt { get; } = [];

    public long Now => Recorder.Now;

    public string Unique() => Interlocked.Increment(ref unique).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What is known when a client's call throws. Only what proves that nothing was done is a failure.</summary>
    public static Outcome OutcomeOf(AkkaHaException e) => e switch
    {
        UnavailableException or RevisionMismatchException or FenceStaleException or TransactionConflictException or TransactionAbortedException
            or LockHeldException or LimitExceededException or NotFoundException => Outcome.Failed,
        // A client that asks wrongly proves nothing about the cluster: that is a bug of this program.
        InvalidArgumentException => throw new InvalidOperationException("a client was told that it asks wrongly", e),
        _ => Outcome.Unknown,
    };
}

/// <summary>A session that has ended.</summary>
readonly record struct Ended(string Session);

/// <summary>A fence that was given back.</summary>
readonly record struct Spent(string Lock, long Fence);
