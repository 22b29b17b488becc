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
    private readonly LockUpgrades _upgrades;
    // Not linked to the session's, and never disposed: the one would wait for users' callbacks before it hears of the loss, the other while one runs.
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _gate = new();
    private CancellationTokenSource? _lostWithIt;
    private long _fence;
    private LockMode _mode;
    private bool _upgrading;
    private bool _released;

    internal AcquiredLock(string name, Fence fence, LockMode mode, string holderId, LiveSession session, LockReturns returns, LockUpgrades upgrades)
    {
        Name = name;
        _fence = fence;
        _mode = mode;
        HolderId = holderId;
        _session = session;
        _returns = returns;
        _upgrades = upgrades;
        LostToken = _lost.Token;
        session.Locks.Add(this, fence);
    }

    /// <summary>The lock's name.</summary>
    public string Name { get; }

    /// <summary>The number of this grant, greater than that of every grant of this lock before. An upgrade is a grant of its own.</summary>
    public Fence Fence
    {
        get
        {
            lock (_gate) return new Fence(_fence);
        }
    }

    /// <summary>How it is held: as it was asked for, and exclusive after an upgrade.</summary>
    public LockMode Mode
    {
        get
        {
            lock (_gate) return _mode;
        }
    }

    /// <summary>Which holder this is, among those of the session: every acquire is another, so two tasks of one client exclude each other.</summary>
    public string HolderId { get; }

    /// <summary>The session that this hangs on.</summary>
    public SessionId SessionId => _session.Id;

    /// <summary>
    /// Cancelled when the lock can't be relied on any more: before the server gives it to another because keepalives are not
    /// answered (a tenth of the session's time to live before, 250 ms at least), at once when the server says that the session or the
    /// fence is gone (with the next keepalive, if somebody released it by force), and when the client is disposed. Releasing does not cancel it. On a session of somebody else's
    /// the first is counted from the grant, and of the rest only what the client is told by its own calls is heard: see <see cref="LockRequest.Session"/>.
    /// </summary>
    public CancellationToken LostToken { get; }

    /// <summary>Whether it is lost, by the clock: true also when a stalled process has not got round to cancelling <see cref="LostToken"/> yet.</summary>
    public bool IsLost => LostToken.IsCancellationRequested || (!IsReleased && _session.IsLost);

    internal LiveSession Session => _session;

    private bool IsReleased
    {
        get
        {
            lock (_gate) return _released;
        }
    }

    /// <summary>
    /// From upgradeable to exclusive, with a new <see cref="Fence"/>: waits until no shared holder is left, and no new one gets in meanwhile. However it fails, unless the lock is
    /// lost, it goes on being held as upgradeable.
    /// </summary>
    /// <param name="timeout">How long to wait; left out or <see cref="Timeout.InfiniteTimeSpan"/>: for ever.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LockHeldException">Others share it still, after <paramref name="timeout"/>.</exception>
    /// <exception cref="UpgradeConflictException">Another upgrades already.</exception>
    /// <exception cref="FenceStaleException">The lock is lost.</exception>
    /// <exception cref="SessionExpiredException">Likewise: its session is lost.</exception>
    /// <exception cref="DeadlockException">The wait was part of a cycle.</exception>
    /// <exception cref="UnavailableException">No node could serve it.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer, not even to the question what became of it: the lock is given up, and lost.</exception>
    /// <exception cref="InvalidOperationException">It is not upgradeable (any more), or being upgraded.</exception>
    /// <exception cref="ObjectDisposedException">It was released.</exception>
    public async Task UpgradeAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (await UpgradeWithinAsync(timeout ?? Timeout.InfiniteTimeSpan, cancellationToken) is { } refusal) throw refusal;
    }

    /// <summary>As <see cref="UpgradeAsync"/>, but false when others share it still, after <paramref name="timeout"/>; by default it does not wait at all.</summary>
    /// <inheritdoc cref="UpgradeAsync" path="/param"/>
    /// <inheritdoc cref="UpgradeAsync" path="/exception[not(@cref='T:AkkaHa.ClientApi.LockHeldException')]"/>
    public async Task<bool> TryUpgradeAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default) =>
        await UpgradeWithinAsync(timeout, cancellationToken) is null;

    /// <summary>Gives the lock back and says whether that went well; durable when this returns. The lock is not usable afterwards, whatever the outcome.</summary>
    /// <exception cref="FenceStaleException">It was not held any more: what was done under it may have overlapped with another holder.</exception>
    /// <exception cref="SessionExpiredException">Likewise: the session is gone.</exception>
    /// <exception cref="UnavailableException">It is still held; disposing gives it back as soon as a node answers.</exception>
    /// <exception cref="OutcomeUnknownException">It may still be held; disposing makes sure that it is not.</exception>
    public async Task ReleaseAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsReleased, this);
        try
        {
            await _returns.ReleaseOnceAsync(_session.Id.Text, Name, Fence, cancellationToken);
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

    /// <summary>The session is lost, or a server refused this fence or said that it is gone.</summary>
    internal void MarkLost()
    {
        CancellationTokenSource? withIt;
        lock (_gate)
        {
            if (_released) return;
            withIt = _lostWithIt;
        }
        _session.Signal(_lost);
        if (withIt is not null) _session.Signal(withIt);
    }

    /// <summary>What is lost when this lock is.</summary>
    internal void TakesAlong(CancellationTokenSource withIt)
    {
        lock (_gate) _lostWithIt = withIt;
        if (_lost.IsCancellationRequested) _session.Signal(withIt);
    }

    private async Task<LockHeldException?> UpgradeWithinAsync(TimeSpan timeout, CancellationToken cancel)
    {
        Errors.Require.Wait("timeout", timeout);
        Fence from;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_released, this);
            if (_mode != LockMode.Upgradeable) throw new InvalidOperationException($"lock '{Name}' is held in mode {_mode}; only an upgradeable one can be upgraded");
            if (_upgrading) throw new InvalidOperationException($"lock '{Name}' is being upgraded already");
            _upgrading = true;
            from = new Fence(_fence);
        }
        try
        {
            return await _upgrades.RunAsync(this, from, timeout, cancel);
        }
        finally
        {
            lock (_gate) _upgrading = false;
        }
    }

    /// <summary>The upgrade was granted. False: it was released meanwhile, and this grant is nobody's.</summary>
    internal bool Upgraded(Fence from, Fence to)
    {
        lock (_gate)
        {
            if (_released) return false;
            _fence = to;
            _mode = LockMode.Exclusive;
        }
        _session.Locks.Replace(this, from, to);
        return true;
    }

    private bool Settle()
    {
        lock (_gate)
        {
            if (_released) return false;
            _released = true;
        }
        _session.Locks.Remove(this, new Fence(_fence));
        return true;
    }
}
