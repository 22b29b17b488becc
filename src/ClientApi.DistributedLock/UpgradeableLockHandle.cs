using Medallion.Threading;

namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>An upgradeable read lock that is held; once upgraded, a write lock.</summary>
internal sealed class UpgradeableLockHandle(AcquiredLock held, HandleReturns returns) : LockHandle(held, returns), IDistributedLockUpgradeableHandle
{
    /// <inheritdoc />
    public bool TryUpgradeToWriteLock(TimeSpan timeout = default, CancellationToken cancellationToken = default)
    {
        var (upgradeable, wait) = Check(timeout);
        cancellationToken.ThrowIfCancellationRequested();
        return Blocking.Run(() => RunAsync(upgradeable, wait, cancellationToken));
    }

    /// <inheritdoc />
    public void UpgradeToWriteLock(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var (upgradeable, wait) = Check(timeout);
        cancellationToken.ThrowIfCancellationRequested();
        if (!Blocking.Run(() => RunAsync(upgradeable, wait, cancellationToken))) throw NotInTime(upgradeable);
    }

    /// <inheritdoc />
    public ValueTask<bool> TryUpgradeToWriteLockAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default)
    {
        var (upgradeable, wait) = Check(timeout);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : new ValueTask<bool>(Task.Run(() => RunAsync(upgradeable, wait, cancellationToken)));
    }

    /// <inheritdoc />
    public ValueTask UpgradeToWriteLockAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var (upgradeable, wait) = Check(timeout);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : new ValueTask(Task.Run(OrThrowAsync));

        async Task OrThrowAsync()
        {
            if (!await RunAsync(upgradeable, wait, cancellationToken)) throw NotInTime(upgradeable);
        }
    }

    /// <summary>What is wrong with the call is said at once, not by the task.</summary>
    private (AcquiredLock Upgradeable, TimeSpan Wait) Check(TimeSpan? timeout)
    {
        var wait = DistributedLock.Wait.Of(timeout);
        var upgradeable = Held;
        if (upgradeable.Mode != LockMode.Upgradeable) throw new InvalidOperationException($"'{upgradeable.Name}' is upgraded already.");
        return (upgradeable, wait);
    }

    private async Task<bool> RunAsync(AcquiredLock upgradeable, TimeSpan wait, CancellationToken cancel)
    {
        try
        {
            return await upgradeable.TryUpgradeAsync(wait, cancel);
        }
        catch (Exception e)
        {
            throw Failures.Of(e, cancel);
        }
        finally
        {
            // The lock is this handle's for as long as somebody waits here.
            GC.KeepAlive(this);
        }
    }

    private static TimeoutException NotInTime(AcquiredLock held) => new($"Others read under '{held.Name}' for longer than the timeout: it was not upgraded.");
}
