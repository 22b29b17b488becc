namespace AkkaHa.Judge.Sessions;

/// <summary>A session ends by being closed, or by no keepalive for its time to live; nothing else. And then it is over for good.</summary>
public static class SessionJudge
{
    /// <summary>No session ends while it is kept alive.</summary>
    public static IEnumerable<Violation> Judge(IEnumerable<SessionLife> sessions)
    {
        foreach (var session in sessions)
            // Whoever was told before it was to be closed was not told of the close.
            if (session.SeenEndedAt < session.SafeUntil && session.SeenEndedAt < session.ClosedAt)
                yield return new Violation("a session that is kept alive lives", $"session {session.SessionId} was over at {session.SeenEndedAt}, but was kept alive until {session.SafeUntil}");
    }

    /// <summary>Nobody is told that a session lives who asked after anybody had been told that it has ended.</summary>
    public static IEnumerable<Violation> Answers(IEnumerable<SessionAnswer> answers)
    {
        foreach (var ofSession in answers.GroupBy(a => a.SessionId, StringComparer.Ordinal))
        {
            if (ofSession.Where(a => !a.Alive).MinBy(a => a.AnsweredAt) is not { } ended) continue;
            foreach (var alive in ofSession.Where(a => a.Alive && a.InvokedAt > ended.AnsweredAt))
                yield return new Violation("a session that has ended is over", $"session {ofSession.Key} had ended by {ended.By} at {ended.AnsweredAt}, and lived by {alive.By}, asked at {alive.InvokedAt}");
        }
    }
}
