using Medallion.Threading;

namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>A lock that is held. Collected without having been disposed, it is released all the same.</summary>
internal class LockHandle : IDistributedSynchronizationHandle
{
    private readonly HandleReturns _returns;
    private AcquiredLock? _held;

    public LockHandle(AcquiredLock held, HandleReturns returns)
    {
        _held = held;
        _returns = returns;
    }

    ~LockHandle()
    {
        // Null also when the constructor never ran.
        if (_held is { } held) _ = _returns.Begin(held);
    }

    /// <inheritdoc />
    public CancellationToken HandleLostToken => Held.LostToken;

    public AcquiredLock Held => Volatile.Read(ref _held) ?? throw new ObjectDisposedException(GetType().FullName);

    /// <inheritdoc />
    public void Dispose()
    {
        if (Take() is { } held) Blocking.Run(() => _returns.ReleaseAsync(held));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Take() is { } held ? new ValueTask(Task.Run(() => _returns.ReleaseAsync(held))) : default;

    private AcquiredLock? Take()
    {
        GC.SuppressFinalize(this);
        return Interlocked.Exchange(ref _held, null);
    }
}
