using AkkaHa.ClientApi.DistributedLock;
using Medallion.Threading;

namespace AkkaHa.ClientApi;

/// <summary>
/// A lock of AkkaHa as an <see cref="IDistributedLock"/>. Not re-entrant: every acquire is another holder. Waiters come in the order of asking. It is the lock of the same name of
/// <see cref="AkkaHaClient.Locks"/>, and of an <see cref="AkkaHaDistributedReaderWriterLock"/>.
/// </summary>
/// <remarks>
/// Handles have a <see cref="IDistributedSynchronizationHandle.HandleLostToken"/> that costs nothing, and a fence: see <see cref="AkkaHaHandleExtensions.GetFence"/>. A process that dies gives its locks back after
/// <see cref="AkkaHaClientOptions.SessionTtl"/>; a handle that is collected without having been disposed, then. Where no node can be reached, calls throw <see cref="UnavailableException"/> or <see cref="OutcomeUnknownException"/>.
/// </remarks>
public sealed class AkkaHaDistributedLock : IDistributedLock
{
    private readonly Acquirer<IDistributedSynchronizationHandle> _lock;

    /// <summary>A lock by its name. Nothing is sent until it is acquired.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="client">The client whose session it hangs on.</param>
    /// <param name="exactName">True: what is no valid name of a lock is refused with a <see cref="FormatException"/>, instead of being replaced by its hash.</param>
    public AkkaHaDistributedLock(string name, AkkaHaClient client, bool exactName = false)
    {
        ArgumentNullException.ThrowIfNull(client);
        Name = exactName ? SafeName.Exactly(name) : SafeName.Of(name);
        _lock = new Acquirer<IDistributedSynchronizationHandle>(client, LockRequest.Exclusive(Name), (held, returns) => new LockHandle(held, returns));
    }

    /// <summary>Its name in the service: the one that it was made with, or a hash of that, if it is no valid one.</summary>
    public string Name { get; }

    /// <summary>What <see cref="Name"/> becomes for any text. The safe name of a safe name is itself.</summary>
    public static string GetSafeName(string name) => SafeName.Of(name);

    /// <inheritdoc />
    public IDistributedSynchronizationHandle? TryAcquire(TimeSpan timeout = default, CancellationToken cancellationToken = default) => _lock.Try(timeout, cancellationToken);

    /// <inheritdoc />
    public IDistributedSynchronizationHandle Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => _lock.Acquire(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle?> TryAcquireAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        _lock.TryAsync(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _lock.AcquireAsync(timeout, cancellationToken);
}
