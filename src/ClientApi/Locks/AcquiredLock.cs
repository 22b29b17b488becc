using AkkaHa.ClientApi.Locks;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi;

/// <summary>
/// A lock that was granted. Dispose it to release it. Stop what you do under it when <see cref="LostToken"/> is cancelled; where that
/// may come too late (a paused process never knows), hand <see cref="Fence"/> to whatever the lock protects.
/// </summary>
public sealed class AcquiredLock : IAsyncDisposable
{
    private readonly LiveSession _session;
    private readonly LockReturns _returns;
    private readonly CancellationTokenSource _lost;
    private int _released;

    internal AcquiredLock(string name, Fence fence, string holderId, LiveSession session, LockReturns returns)
    {
        Name = name;
        Fence = fence;
        HolderId = holderId;
        _session = session;
        _returns = returns;
        _lost = CancellationTokenSource.CreateLinkedTokenSource(session.LostToken);
        LostToken = _lost.Token;
    }

    /// <summary>The lock's name.</summary>
    public string Name { get; }

    /// <summary>The number of this grant, greater than that of every grant of this lock before.</summary>
    public Fence Fence { get; }

    /// <summary>Which holder this is, among those of the session: every acquire is another, so two tasks of one client exclude each other.</summary>
    public string HolderId { get; }

    /// <summary>The session that this hangs on.</summary>
    public SessionId SessionId => _session.Id;

    /// <summary>
    /// Cancelled when the lock can't be relied on any more: before the server gives it to another because keepalives are not
    /// answered (a tenth of the session's time to live before, 250 ms at least), at once when the server says that the session or the
    /// fence is gone, and when the client is disposed. Releasing does not cancel it.
    /// </summary>
    public CancellationToken LostToken { get; }

    /// <summary>Whether it is lost, by the clock: true also when a stalled process has not got round to cancelling <see cref="LostToken"/> yet.</summary>
    public bool IsLost => LostToken.IsCancellationRequested || (Volatile.Read(ref _released) == 0 && _session.IsLost);

    internal LiveSession Session => _session;

    /// <summary>Gives the lock back and says whether that went well; durable when this returns. The lock is not usable afterwards, whatever the outcome.</summary>
    /// <exception cref="FenceStaleException">It was not held any more: what was done under it may have overlapped with another holder.</exception>
    /// <exception cref="SessionExpiredException">Likewise: the session is gone.</exception>
    /// <exception cref="UnavailableException">It is still held; disposing gives it back as soon as a node answers.</exception>
    /// <exception cref="OutcomeUnknownException">It may still be held; disposing makes sure that it is not.</exception>
    public async Task ReleaseAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _released) != 0, this);
        try
        {
            await _returns.ReleaseOnceAsync(_session, Name, Fence, cancellationToken);
        }
        catch (Exception e) when (e is FenceStaleException or SessionExpiredException)
        {
            Settle();
            throw;
        }
        Settle();
    }

    /// <summary>
    /// Gives the lock back; that it is not held any more is no error. Durable when this returns, unless no node answers within a
    /// second: then it is given back in the background as soon as one does. Does not throw.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Settle()) await _returns.ReleaseAsync(_session, Name, Fence);
    }

    /// <summary>A server refused this fence: whatever the session says, this lock is gone.</summary>
    internal void MarkLost()
    {
        if (Volatile.Read(ref _released) != 0) return;
        try
        {
            _ = _lost.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Released meanwhile.
        }
    }

    private bool Settle()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0) return false;
        _lost.Dispose();
        return true;
    }
}
