using AkkaHa.ClientApi.DistributedLock;
using Medallion.Threading;

namespace AkkaHa.ClientApi;

/// <summary>
/// A lock of AkkaHa as an <see cref="IDistributedUpgradeableReaderWriterLock"/>: readers share it, a writer has it alone, and one among the readers may become the writer. All wait in the order of asking: a writer that
/// waits holds back readers that come later, so nobody starves. Of its names, handles and failures the same is true as of <see cref="AkkaHaDistributedLock"/>, whose lock of the same name it is.
/// </summary>
public sealed class AkkaHaDistributedReaderWriterLock : IDistributedUpgradeableReaderWriterLock
{
    private readonly Acquirer<IDistributedSynchronizationHandle> _read;
    private readonly Acquirer<IDistributedSynchronizationHandle> _write;
    private readonly Acquirer<IDistributedLockUpgradeableHandle> _upgradeable;

    /// <summary>A lock by its name. Nothing is sent until it is acquired.</summary>
    /// <inheritdoc cref="AkkaHaDistributedLock(string, AkkaHaClient, bool)" path="/param"/>
    public AkkaHaDistributedReaderWriterLock(string name, AkkaHaClient client, bool exactName = false)
    {
        ArgumentNullException.ThrowIfNull(client);
        Name = exactName ? SafeName.Exactly(name) : SafeName.Of(name);
        _read = new(client, LockRequest.Shared(Name), (held, returns) => new LockHandle(held, returns));
        _write = new(client, LockRequest.Exclusive(Name), (held, returns) => new LockHandle(held, returns));
        _upgradeable = new(client, LockRequest.Upgradeable(Name), (held, returns) => new UpgradeableLockHandle(held, returns));
    }

    /// <summary>Its name in the service: the one that it was made with, or a hash of that, if it is no valid one.</summary>
    public string Name { get; }

    /// <inheritdoc />
    public IDistributedSynchronizationHandle? TryAcquireReadLock(TimeSpan timeout = default, CancellationToken cancellationToken = default) => _read.Try(timeout, cancellationToken);

    /// <inheritdoc />
    public IDistributedSynchronizationHandle AcquireReadLock(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => _read.Acquire(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle?> TryAcquireReadLockAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        _read.TryAsync(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle> AcquireReadLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _read.AcquireAsync(timeout, cancellationToken);

    /// <inheritdoc />
    public IDistributedLockUpgradeableHandle? TryAcquireUpgradeableReadLock(TimeSpan timeout = default, CancellationToken cancellationToken = default) => _upgradeable.Try(timeout, cancellationToken);

    /// <inheritdoc />
    public IDistributedLockUpgradeableHandle AcquireUpgradeableReadLock(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => _upgradeable.Acquire(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedLockUpgradeableHandle?> TryAcquireUpgradeableReadLockAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        _upgradeable.TryAsync(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedLockUpgradeableHandle> AcquireUpgradeableReadLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _upgradeable.AcquireAsync(timeout, cancellationToken);

    /// <inheritdoc />
    public IDistributedSynchronizationHandle? TryAcquireWriteLock(TimeSpan timeout = default, CancellationToken cancellationToken = default) => _write.Try(timeout, cancellationToken);

    /// <inheritdoc />
    public IDistributedSynchronizationHandle AcquireWriteLock(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => _write.Acquire(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle?> TryAcquireWriteLockAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        _write.TryAsync(timeout, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IDistributedSynchronizationHandle> AcquireWriteLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _write.AcquireAsync(timeout, cancellationToken);
}
