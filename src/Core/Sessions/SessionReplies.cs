using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Sessions;

/// <summary>What a slot says of its sessions.</summary>
internal static class SessionReplies
{
    public static Reply Gone(string sessionId) =>
        Replies.Failure(ErrorCode.SessionExpired, $"session '{sessionId}' has ended or never was", Replies.Details(("sessionId", sessionId)));

    public static SessionState StateOf(Session session, long nowMs) => new()
    {
        SessionId = session.Created.SessionId, Label = session.Created.Label, TtlSeconds = session.Created.TtlMs / 1000.0,
        RemainingSeconds = Math.Max(0, session.DeadlineMs - nowMs) / 1000.0,
    };

    public static Reply WithLocks(Session session, long nowMs)
    {
        var state = StateOf(session, nowMs);
        state.Locks.AddRange(session.Attached.Keys.Select(a => a.Name).Order(StringComparer.Ordinal));
        return new Reply { Session = state };
    }

    /// <summary>Those after this one, by id.</summary>
    public static Reply Page(IEnumerable<Session> sessions, ListSessions asked, long nowMs)
    {
        var after = sessions.Where(s => string.CompareOrdinal(s.Created.SessionId, asked.After) > 0).OrderBy(s => s.Created.SessionId, StringComparer.Ordinal).Take(asked.Limit + 1).ToArray();
        return new Reply { SessionPage = new SessionPage { Sessions = { after.Take(asked.Limit).Select(s => StateOf(s, nowMs)) }, More = after.Length > asked.Limit } };
    }
}
