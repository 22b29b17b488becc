using AkkaHa.ClientApi.DistributedLock;
using Medallion.Threading;

namespace AkkaHa.ClientApi;

/// <summary>
/// A semaphore of AkkaHa as an <see cref="IDistributedSemaphore"/>: up to <see cref="MaxCount"/> holders at once, in the order of asking. Whoever uses one at the same time must say the same <see cref="MaxCount"/>; a
/// lock of the same name is the same thing in the service and does not go with it. Otherwise as <see cref="AkkaHaDistributedLock"/>.
/// </summary>
public sealed class AkkaHaDistributedSemaphore : IDistributedSemaphore
{
    private readonly Acquirer<IDistributedSynchronizationHandle> _ticket;

    /// <summary>A semaphore by its name. Nothing is sent until it is acquired.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="maxCount">How many tickets there are, 1 or more.</param>
    /// <param name="client">The client whose session it hangs on.</param>
    /// <param name="exactName">True: what is no valid name of a lock is refused with a <see cref="FormatException"/>, instead of being replaced by its hash.</param>
    public AkkaHaDistributedSemaphore(string name, int maxCount, AkkaHaClient client, bool exactName = false)
    {
        ArgumentNullException.ThrowIfNull(client);
        Name = exactName ? SafeName.Exactly(name) : SafeName.Of(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        MaxCount = maxCount;
        _ticket = new(client, LockRequest.Semaphore(Name, 1, maxCount), (held, returns) => new LockHandle(held, returns));
    }

    /// <summary>Its name in the service: the one that it was made with, or a hash of that, if it is no valid one.</summary>
    public string Name { get; }

    /// <inheritdoc />
    public int MaxCount { get; }

    /// <inheritdoc />
    public IDistributedSynchronizationHandle? TryAcquire(TimeSpan timeout = default, CancellationToken cancellationToken = default) => _ticket.Try(timeout, cancellationToken);

    /// <inheritdoc />
    public IDistributedSynchronizationHandle Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => _ticket.Acquire(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle?> TryAcquireAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        _ticket.TryAsync(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _ticket.AcquireAsync(timeout, cancellationToken);
}
