using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api.Locks;

/// <summary>What happens to locks, in the whole cluster.</summary>
internal interface ILockWatches
{
    /// <summary>Begins a watch; the request is well formed but for <c>from</c>. The first is there at once: a heartbeat that says where it begins. Several come together where they are there together.</summary>
    /// <exception cref="Errors.RefusedException">INVALID_ARGUMENT, COMPACTED, LIMIT_EXCEEDED or UNAVAILABLE; once it has begun, <c>details.position</c> says where to go on.</exception>
    /// <param name="request">What is watched.</param>
    /// <param name="cutOff">To be done when the watch was cut off because its client is too slow.</param>
    /// <param name="ct">Ends it.</param>
    IAsyncEnumerable<IReadOnlyList<LockEvent>> WatchAsync(WatchLocksRequest request, TaskCompletionSource cutOff, CancellationToken ct);
}
