namespace AkkaHa.Judge.Locks;

/// <summary>A fence that somebody knew of: by being granted it, or by looking at the lock.</summary>
public sealed record FenceSeen(string Lock, long Fence, long InvokedAt, long AnsweredAt, string By);

/// <summary>A fence that was given back.</summary>
public sealed record FenceReleased(string Lock, long Fence, long AnsweredAt);

/// <summary>A write under a fence that was answered with success.</summary>
public sealed record GuardPassed(string Lock, long Fence, long InvokedAt, string By);

/// <summary>What time does to fences: the last fence of a lock never goes back, and a fence that is spent guards nothing any more.</summary>
public static class FenceJudge
{
    /// <summary>Looks at a lock that were answered with an older fence than anybody had seen before.</summary>
    public static IEnumerable<Violation> Reads(IEnumerable<FenceSeen> grants, IEnumerable<FenceSeen> reads)
    {
        var seen = Latest([.. grants, .. reads = [.. reads]]);
        foreach (var read in reads)
            if (seen[read.Lock].Before(read.InvokedAt) is { } newer && newer.Fence > read.Fence)
                yield return new Violation("no lock is seen as it was before", $"lock '{read.Lock}': fence {newer.Fence} was seen by {newer.By} at {newer.AnsweredAt}, and {read.By}, asked at {read.InvokedAt}, said {read.Fence}");
    }

    /// <summary>Guarded writes that began after their fence had been given back, or after a later one had been granted.</summary>
    public static IEnumerable<Violation> Guards(IEnumerable<FenceSeen> grants, IEnumerable<FenceReleased> releases, IEnumerable<GuardPassed> passed)
    {
        var granted = Latest([.. grants]);
        var released = releases.GroupBy(r => (r.Lock, r.Fence)).ToDictionary(g => g.Key, g => g.Min(r => r.AnsweredAt));
        foreach (var write in passed)
        {
            if (released.TryGetValue((write.Lock, write.Fence), out var at) && at < write.InvokedAt)
                yield return new Violation("a spent fence guards nothing", $"lock '{write.Lock}': fence {write.Fence} was given back at {at}, and a write under it by {write.By}, begun at {write.InvokedAt}, was done");
            if (granted.TryGetValue(write.Lock, out var latest) && latest.Before(write.InvokedAt) is { } newer && newer.Fence > write.Fence)
                yield return new Violation("a spent fence guards nothing", $"lock '{write.Lock}': fence {newer.Fence} was granted at {newer.AnsweredAt}, and a write under fence {write.Fence} by {write.By}, begun at {write.InvokedAt}, was done");
        }
    }

    private static Dictionary<string, LatestFence> Latest(IEnumerable<FenceSeen> seen) =>
        seen.GroupBy(s => s.Lock, StringComparer.Ordinal).ToDictionary(g => g.Key, g => new LatestFence(g), StringComparer.Ordinal);

    /// <summary>The highest fence that was known at a time.</summary>
    private sealed class LatestFence
    {
        private readonly List<long> times = [];
        private readonly List<FenceSeen> highest = [];

        public LatestFence(IEnumerable<FenceSeen> seen)
        {
            foreach (var one in seen.OrderBy(s => s.AnsweredAt))
            {
                times.Add(one.AnsweredAt);
                highest.Add(highest.Count > 0 && highest[^1].Fence >= one.Fence ? highest[^1] : one);
            }
        }

        public FenceSeen? Before(long time)
        {
            var found = times.BinarySearch(time);
            var end = found < 0 ? ~found : found;
            // What was answered at the very moment does not count, and there may be several.
            while (end > 0 && times[end - 1] >= time) end--;
            return end == 0 ? null : highest[end - 1];
        }
    }
}
