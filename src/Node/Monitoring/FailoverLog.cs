using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Monitoring;

/// <summary>How long the shards of a lost member were without an owner: from when it was first seen to be unreachable, or was downed, until the last of them had another.</summary>
internal sealed class FailoverLog
{
    public const int AtMost = 100;

    private readonly Dictionary<string, Open> open = new(StringComparer.Ordinal);
    private readonly Queue<FailoverSeen> over = new();

    private sealed record Open(FailoverSeen Seen, HashSet<int> Waiting);

    /// <param name="holder">Address and incarnation.</param>
    /// <param name="shards">That it had last.</param>
    /// <param name="nowMs">Since 1970.</param>
    public void Lost(string holder, IReadOnlyList<int> shards, long nowMs)
    {
        if (shards.Count == 0 || open.ContainsKey(holder)) return;
        var parts = holder.Split(' ');
        open[holder] = new Open(new FailoverSeen { Address = parts[0], Incarnation = parts[^1], FromMs = nowMs, Shards = shards.Count }, [.. shards]);
    }

    /// <summary>It is there again. If none of its shards has been taken from it, nothing has happened; else it is over, since it has kept the others.</summary>
    public void Back(string holder, long nowMs)
    {
        if (!open.Remove(holder, out var one) || one.Waiting.Count == one.Seen.Shards) return;
        one.Seen.Shards -= one.Waiting.Count;
        End(one.Seen, nowMs);
    }

    /// <summary>This process was away, and finds it living: what it took for a loss was its own absence.</summary>
    public void Lives(string holder) => open.Remove(holder);

    public void Moved(int shard, string? from, string? to, long nowMs)
    {
        if (from is null || to is null || !open.TryGetValue(from, out var one) || !one.Waiting.Remove(shard) || one.Waiting.Count > 0) return;
        open.Remove(from);
        End(one.Seen, nowMs);
    }

    public IEnumerable<FailoverSeen> Since(long sinceMs) => over.Where(f => f.UntilMs >= sinceMs).Concat(open.Values.Select(o => o.Seen)).Select(f => f.Clone());

    private void End(FailoverSeen seen, long nowMs)
    {
        seen.UntilMs = nowMs;
        over.Enqueue(seen);
        if (over.Count > AtMost) over.Dequeue();
    }
}
