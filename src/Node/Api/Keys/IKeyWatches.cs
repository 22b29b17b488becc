using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api.Keys;

/// <summary>The changes of keys, in the whole cluster.</summary>
internal interface IKeyWatches
{
    /// <summary>Begins a watch. The request is well formed but for <c>from</c>.</summary>
    /// <exception cref="Errors.RefusedException">INVALID_ARGUMENT, COMPACTED, LIMIT_EXCEEDED or UNAVAILABLE.</exception>
    Task<IKeyWatch> OpenAsync(WatchRequest request, CancellationToken ct);
}

/// <summary>One watch. The first item is there at once: a heartbeat that says where it begins.</summary>
internal interface IKeyWatch : IDisposable
{
    /// <summary>Done when there is something to take.</summary>
    /// <exception cref="Errors.RefusedException">The watch has ended; <c>details.position</c> says where to go on.</exception>
    ValueTask WaitAsync(CancellationToken ct);

    /// <summary>Done when it was cut off, whatever it does then: it may be sending what its client does not take.</summary>
    Task CutOff { get; }

    /// <summary>False: nothing now. What was taken before has been sent.</summary>
    bool TryTake(out Watches.WatchItem? item);
}
