using AkkaHa.Judge.Locks;

namespace AkkaHa.Judge.Sessions;

/// <summary>A fence guards only while its holder's session is alive: also when nobody else has had the lock since.</summary>
public static class GuardsOfEnded
{
    /// <summary>Judges writes that were done under a fence.</summary>
    /// <param name="passed">Each with the session that holds the fence.</param>
    /// <param name="ends">Of the sessions. A lock may rely on what a session has said for as long as with a grant.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<(GuardPassed Write, string SessionId)> passed, IEnumerable<SessionEndTold> ends)
    {
        var ended = ends.GroupBy(e => e.SessionId, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Min(e => e.AnsweredAt), StringComparer.Ordinal);
        foreach (var (write, session) in passed)
            if (ended.TryGetValue(session, out var end) && write.InvokedAt > end)
                yield return new Violation("a session that has ended guards nothing", $"lock '{write.Lock}': a write under fence {write.Fence} by {write.By}, begun at {write.InvokedAt}, was done, and session {session} was known at {end} to have ended");
    }
}
