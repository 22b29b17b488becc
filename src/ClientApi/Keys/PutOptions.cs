using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>Under which conditions a value is written, and how long it stays.</summary>
public sealed record PutOptions
{
    /// <summary>Only if the key is at this revision; <see cref="Revision.Absent"/>: only if there is none. Default: whatever it is.</summary>
    public Revision? IfRevision { get; init; }

    /// <summary>Only while this lock is still held. Default: no such condition.</summary>
    public Guard? Guard { get; init; }

    /// <summary>
    /// The key expires so long after the servers took this put, never sooner, and is gone moments later: no read sees it after that. 1 ms to 365 days. Default: it stays, and an earlier
    /// put's time to live is taken away.
    /// </summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>
    /// The key goes with this session: it expires moments after the session has ended. For what shall live as long as this client does:
    /// <c>(await client.Sessions.GetOwnAsync()).Id</c>. Default: with none, and an earlier put's session is taken away.
    /// </summary>
    public SessionId? Session { get; init; }

    internal void Check() => Require.Lifetime(Ttl, Session);

    internal void ApplyTo(Wire.PutKeyRequest request)
    {
        if (IfRevision is { } revision) request.IfRevision = revision;
        if (Guard is { } guard) (request.Lock, request.Fence) = (guard.LockName, guard.Fence);
        if (Ttl is { } ttl) request.TtlSeconds = ttl.TotalSeconds;
        if (Session is { } session) request.SessionId = session.Text;
    }
}
