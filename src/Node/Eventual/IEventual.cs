using AkkaHa.Core.Eventual;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Eventual;

/// <summary>How an update of a whole datum went.</summary>
/// <param name="Outcome">The least good one of its buckets.</param>
/// <param name="Reached">As many nodes as asked have it.</param>
/// <param name="Seen">Who has these has it.</param>
/// <param name="State">Of an update in one bucket: that, with the update.</param>
/// <param name="Existed">There was such a datum.</param>
internal sealed record EventualWrite(UpdateOutcome Outcome, bool Reached, IReadOnlyList<(int Bucket, Dot Dot)> Seen, Bucket? State, bool Existed);

/// <summary>Eventual data, as one node has it.</summary>
internal interface IEventual
{
    /// <summary>The time for writes, Unix milliseconds.</summary>
    long NowMs { get; }

    /// <summary>Updates here, and at as many others as asked, in this time.</summary>
    Task<EventualWrite> UpdateAsync(EventualUpdate update, EventualConsistency consistency, TimeSpan timeout);

    /// <summary>Reads these buckets here, and at as many others as asked, in this time. What was read of others is here too afterwards.</summary>
    Task<(IReadOnlyList<Bucket> Buckets, bool Reached)> ReadAsync(IReadOnlyList<int> buckets, EventualConsistency consistency, TimeSpan timeout);

    /// <summary>Signals whenever these buckets may have changed, until disposed.</summary>
    Task<IEventualWatch> WatchAsync(IReadOnlyList<int> buckets);
}

/// <summary>Signals of changes.</summary>
internal interface IEventualWatch : IDisposable
{
    /// <summary>True: there may have been a change since the last time; false: none in this time.</summary>
    Task<bool> WaitAsync(TimeSpan atMost, CancellationToken ct);
}
