namespace AkkaHa.Judge.Sessions;

/// <summary>What a client saw of one session.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="SafeUntil">The last moment up to which it can't have expired: when the last keepalive that was answered was sent, plus the time to live.</param>
/// <param name="ClosedAt">When its client first asked to close it, so that this may be why it ended; a close that was itself told that it has ended closed nothing. <see cref="Time.Never"/>: no such.</param>
/// <param name="SeenEndedAt">When anybody was first told that it has ended; <see cref="Time.Never"/> when nobody was.</param>
public sealed record SessionLife(string SessionId, long SafeUntil, long ClosedAt, long SeenEndedAt);
