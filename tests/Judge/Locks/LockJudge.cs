namespace AkkaHa.Judge.Locks;

/// <summary>Fences grow with every grant; nobody holds what another still holds; the store never takes a write of an older fence after one of a newer.</summary>
public static class LockJudge
{
    /// <summary>Judges the grants, in any order, and the guarded writes, in the order in which each store has them.</summary>
    public static IEnumerable<Violation> Judge(IEnumerable<LockGrantSeen> grants, IEnumerable<GuardedWrite> writes)
    {
        foreach (var ofLock in grants.GroupBy(g => g.Lock, StringComparer.Ordinal))
        {
            var all = ofLock.OrderBy(g => g.GrantedAt).ToList();
            for (var i = 0; i < all.Count; i++)
                for (var j = 0; j < all.Count; j++)
                    if (i != j && Compare(all[i], all[j]) is { } violation) yield return violation;
        }
        foreach (var ofLock in writes.GroupBy(w => w.Lock, StringComparer.Ordinal))
        {
            GuardedWrite? newest = null;
            foreach (var write in ofLock)
            {
                if (newest is not null && write.Fence < newest.Fence)
                    yield return new Violation("the store takes no write of an older fence", $"lock '{ofLock.Key}': '{write.Written}' (fence {write.Fence}) came after '{newest.Written}' (fence {newest.Fence})");
                newest = write;
            }
        }
    }

    private static Violation? Compare(LockGrantSeen one, LockGrantSeen other)
    {
        if (one.Holder == other.Holder)
            return one.Fence == other.Fence ? null : new Violation("a repeat gets the same grant", $"lock '{one.Lock}': {one.Holder} got fence {one.Fence} and fence {other.Fence}");
        if (one.Fence == other.Fence)
            return new Violation("every grant has its own fence", $"lock '{one.Lock}': fence {one.Fence} was given to {one.Holder} and {other.Holder}");
        if (one.GrantedAt < other.InvokedAt && one.Fence > other.Fence)
            return new Violation("fences grow", $"lock '{one.Lock}': {other.Holder} got fence {other.Fence} after {one.Holder} had got {one.Fence}");
        // An answer that comes after the session may have ended makes no holder.
        if (one.GrantedAt <= other.GrantedAt && other.GrantedAt < Math.Min(one.BelievedUntil, other.BelievedUntil))
            return new Violation("one holder at a time", $"lock '{one.Lock}': {one.Holder} (fence {one.Fence}) had it from {one.GrantedAt} to {one.BelievedUntil}, and {other.Holder} (fence {other.Fence}) got it at {other.GrantedAt}");
        return null;
    }
}
