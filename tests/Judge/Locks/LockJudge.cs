namespace AkkaHa.Judge.Locks;

/// <summary>Fences grow with every grant; nobody holds what does not go with what another still holds; the store never takes a write of an older fence after one of a newer.</summary>
public static class LockJudge
{
    /// <summary>Judges the grants, in any order, and the guarded writes, in the order in which each store has them.</summary>
    public static IEnumerable<Violation> Judge(IEnumerable<LockGrantSeen> grants, IEnumerable<GuardedWrite> writes)
    {
        foreach (var ofLock in grants.GroupBy(g => g.Lock, StringComparer.Ordinal))
        {
            var all = ofLock.OrderBy(g => g.GrantedAt).ToList();
            foreach (var violation in Names(all).Concat(Growth(all)).Concat(Holders(all))) yield return violation;
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

    /// <summary>A holder has one fence, but for an upgrade; and a fence has one holder.</summary>
    private static IEnumerable<Violation> Names(List<LockGrantSeen> all)
    {
        var byHolder = new Dictionary<string, LockGrantSeen>(StringComparer.Ordinal);
        var byFence = new Dictionary<long, LockGrantSeen>();
        foreach (var grant in all)
        {
            if (!grant.IsUpgrade && !byHolder.TryAdd(grant.Holder, grant) && byHolder[grant.Holder].Fence is var first && first != grant.Fence)
                yield return new Violation("a repeat gets the same grant", $"lock '{grant.Lock}': {grant.Holder} got fence {first} and fence {grant.Fence}");
            if (!byFence.TryAdd(grant.Fence, grant) && byFence[grant.Fence].Holder is var other && other != grant.Holder)
                yield return new Violation("every grant has its own fence", $"lock '{grant.Lock}': fence {grant.Fence} was given to {other} and {grant.Holder}");
        }
    }

    /// <summary>Who asks after another was answered gets a higher fence; but whoever comes again for what it has got gets that.</summary>
    private static IEnumerable<Violation> Growth(List<LockGrantSeen> byGrant)
    {
        LockGrantSeen? highest = null;
        var next = 0;
        foreach (var grant in byGrant.DistinctBy(g => (g.Holder, g.Fence)).OrderBy(g => g.InvokedAt))
        {
            for (; next < byGrant.Count && byGrant[next].GrantedAt < grant.InvokedAt; next++)
                if (highest is null || byGrant[next].Fence > highest.Fence) highest = byGrant[next];
            if (highest is not null && highest.Fence > grant.Fence && highest.Holder != grant.Holder)
                yield return new Violation("fences grow", $"lock '{grant.Lock}': {grant.Holder} got fence {grant.Fence} after {highest.Holder} had got {highest.Fence}");
        }
    }

    /// <summary>At the moment of each grant, all that are believed in go together.</summary>
    private static IEnumerable<Violation> Holders(List<LockGrantSeen> byGrant)
    {
        var present = new List<LockGrantSeen>();
        foreach (var grant in byGrant)
        {
            // An answer that comes after the session may have ended makes no holder.
            if (grant.GrantedAt >= grant.BelievedUntil) continue;
            present.RemoveAll(other => other.BelievedUntil <= grant.GrantedAt);
            foreach (var other in present)
            {
                if (other.Holder == grant.Holder || other.Fence == grant.Fence || GoTogether(other, grant)) continue;
                yield return new Violation("one holder at a time", $"lock '{grant.Lock}': {other.Holder} ({other.Use}, fence {other.Fence}) had it from {other.GrantedAt} to {other.BelievedUntil}, and {grant.Holder} ({grant.Use}, fence {grant.Fence}) got it at {grant.GrantedAt}");
            }
            present.Add(grant);
            var permits = present.Where(p => p.Use == LockUse.Semaphore).DistinctBy(p => p.Holder).ToArray();
            if (grant.Use == LockUse.Semaphore && permits.Sum(p => (long)p.Permits) > grant.Limit)
                yield return new Violation("no more permits than there are", $"lock '{grant.Lock}': with {grant.Holder} (fence {grant.Fence}), {permits.Sum(p => (long)p.Permits)} of {grant.Limit} permits were had at {grant.GrantedAt}");
        }
    }

    private static bool GoTogether(LockGrantSeen a, LockGrantSeen b) => (a.Use, b.Use) switch
    {
        (LockUse.Semaphore, LockUse.Semaphore) => a.Limit == b.Limit,
        (LockUse.Shared, LockUse.Shared or LockUse.Upgradeable) or (LockUse.Upgradeable, LockUse.Shared) => true,
        _ => false,
    };
}
