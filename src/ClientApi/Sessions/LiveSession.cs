using AkkaHa.ClientApi.Locks;
using AkkaHa.Messages;
using Microsoft.Extensions.Logging;

namespace AkkaHa.ClientApi.Sessions;

/// <summary>
/// A session as this client may rely on it. The server counts the time to live from when a keepalive reaches it, so counting from
/// before it was sent is never too long; a margin on top covers clocks that run at different speeds and the time it takes to stop.
/// </summary>
internal sealed class LiveSession
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly long _bornAt;
    private long _aliveAt;
    private TimeSpan _ttl;

    public LiveSession(string id, TimeSpan ttl, long aliveAt, TimeProvider time, ILogger logger)
    {
        Id = SessionId.TryParse(id, out var parsed) ? parsed : new SessionId(-1, id);
        _time = time;
        _logger = logger;
        _ttl = ttl;
        _bornAt = aliveAt;
        _aliveAt = aliveAt;
        LostToken = _lost.Token;
        _timer = time.CreateTimer(_ => LoseWhenDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Only now: it may be due at once, and uses the timer.
        _timer.Change(Left(), Timeout.InfiniteTimeSpan);
    }

    public SessionId Id { get; }

    public TimeSpan Ttl
    {
        get
        {
            lock (_gate) return _ttl;
        }
    }

    public CancellationToken LostToken { get; }

    /// <summary>Of a session of somebody else's: what keeps it alive while this client waits on it. Null: it is the client's own, and kept alive all the time.</summary>
    public KeepAlive? WhileWaiting { get; init; }

    /// <summary>
    /// Cancelled when nothing that hangs on it need be given back any more. The client's own ends at the servers too when it is lost; one of somebody else's may live on long after this client has
    /// last heard of it, and then only a server can say that it has ended.
    /// </summary>
    public CancellationToken OverToken => WhileWaiting is null ? LostToken : CancellationToken.None;

    /// <summary>What hangs on it.</summary>
    public HeldLocks Locks { get; } = new();

    /// <summary>How long it is until the next keepalive: one is due a third of the time to live after the last.</summary>
    public TimeSpan UntilNext
    {
        get
        {
            lock (_gate)
            {
                var left = (_ttl / 3) - _time.GetElapsedTime(_aliveAt);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Whether a keepalive that is sent now ends its life within this much of its beginning.</summary>
    public bool MayBeRenewed(TimeSpan longestLife) => _time.GetElapsedTime(_bornAt) + Ttl <= longestLife;

    /// <summary>By the clock, also when the timer is late. Once true, always true.</summary>
    public bool IsLost
    {
        get
        {
            if (!_lost.IsCancellationRequested) LoseWhenDue();
            return _lost.IsCancellationRequested;
        }
    }

    /// <summary>How long before the server's deadline the loss is signalled: a tenth of the time to live, 250 ms at least.</summary>
    public static TimeSpan Margin(TimeSpan ttl) => ttl / 10 > TimeSpan.FromMilliseconds(250) ? ttl / 10 : TimeSpan.FromMilliseconds(250);

    /// <summary>The server answered a keepalive that was sent at this (monotonic) time.</summary>
    public void Renewed(long sentAt, TimeSpan ttl)
    {
        lock (_gate)
        {
            if (sentAt <= _aliveAt || _lost.IsCancellationRequested) return;
            _aliveAt = sentAt;
            _ttl = ttl;
            _timer.Change(Left(), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Signals the loss to all that hang on the session; false when that was done before.</summary>
    public bool Lose(string why)
    {
        lock (_gate)
        {
            if (_lost.IsCancellationRequested) return false;
            _timer.Dispose();
            Signal(_lost);
        }
        Locks.HaveAllGone();
        _logger.LogInformation("Session {Session} is over: {Why}", Id, why);
        return true;
    }

    /// <summary>The token is cancelled when this returns. Users' callbacks on it run one after the other, on the pool: so no two that must not wait for each other share a source.</summary>
    public void Signal(CancellationTokenSource lost) =>
        _ = lost.CancelAsync().ContinueWith(t => _logger.LogError(t.Exception, "A callback on the loss of session {Session}, or of a lock of it, failed", Id), TaskContinuationOptions.OnlyOnFaulted);

    private void LoseWhenDue()
    {
        lock (_gate)
        {
            var left = Left();
            if (left > TimeSpan.Zero)
            {
                if (!_lost.IsCancellationRequested) _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }
        Lose("no keepalive was answered in time");
    }

    private TimeSpan Left()
    {
        var left = _ttl - Margin(_ttl) - _time.GetElapsedTime(_aliveAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
