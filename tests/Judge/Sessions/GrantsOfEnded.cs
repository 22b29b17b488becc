using AkkaHa.Judge.Locks;

namespace AkkaHa.Judge.Sessions;

/// <summary>From when on no lock may be given to a session any more.</summary>
public sealed record SessionEndTold(string SessionId, long AnsweredAt)
{
    /// <summary>
    /// A lock may rely on "alive" for as long as the session said then, its time to live at most: one that is closed early is still taken for alive by a lock that has not heard of it yet.
    /// One that expired is not, since it can't have promised more.
    /// </summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="answeredAt">When anybody was told that it has ended.</param>
    /// <param name="mayBeClosed">Whether it may have been closed by then, and not have expired.</param>
    /// <param name="ttl">Its time to live.</param>
    public static SessionEndTold Of(string sessionId, long answeredAt, bool mayBeClosed, long ttl) => new(sessionId, mayBeClosed ? answeredAt + ttl : answeredAt);
}

/// <summary>A grant goes only to a session that is alive.</summary>
public static class GrantsOfEnded
{
    /// <summary>
    /// When an answer comes says little: it may have been on its way, or a repeat of what was lost. So each grant is taken for as old as it can be: it was made after it was asked for,
    /// after all with lower fences of that lock were asked for, and after those were given back that are known to have been.
    /// </summary>
    /// <param name="grants">A holder's name begins with its session's: <c>session/holder</c>.</param>
    /// <param name="releases">Of exclusive ones, that were acknowledged: of which fence, and when they were asked for.</param>
    /// <param name="ends">Of the sessions.</param>
    public static IEnumerable<Violation> Judge(IEnumerable<LockGrantSeen> grants, IEnumerable<(string Lock, long Fence, long InvokedAt)> releases, IEnumerable<SessionEndTold> ends)
    {
        var ended = ends.GroupBy(e => e.SessionId, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Min(e => e.AnsweredAt), StringComparer.Ordinal);
        var releasedOf = releases.ToLookup(r => r.Lock, StringComparer.Ordinal);
        foreach (var ofLock in grants.GroupBy(g => g.Lock, StringComparer.Ordinal))
        {
            var before = releasedOf[ofLock.Key].Select(r => (r.Fence, At: r.InvokedAt)).Concat(ofLock.Select(g => (g.Fence, At: g.InvokedAt))).OrderBy(b => b.Fence).ToArray();
            var (next, notBefore) = (0, long.MinValue);
            foreach (var grant in ofLock.OrderBy(g => g.Fence))
            {
                for (; next < before.Length && before[next].Fence < grant.Fence; next++) notBefore = Math.Max(notBefore, before[next].At);
                var made = Math.Max(notBefore, grant.InvokedAt);
                if (ended.TryGetValue(grant.Holder.Split('/')[0], out var end) && made > end)
                    yield return new Violation("no lock goes to a session that has ended",
                        $"lock '{grant.Lock}': {grant.Holder} was granted fence {grant.Fence} not before {made}, and its session was known at {end} to have ended");
            }
        }
    }
}
