using System.Collections.Immutable;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Placement;

/// <summary>How long shards take to move, as the coordinator's node sees it from one round to the next.</summary>
internal sealed class MoveTimes
{
    private readonly Dictionary<string, long> sinceMs = new(StringComparer.Ordinal);

    /// <summary>These are to move from now on.</summary>
    public void Begin(IEnumerable<string> shards)
    {
        foreach (var shard in shards) sinceMs.TryAdd(shard, MonotonicClock.NowMs);
    }

    /// <summary>Of those that were to move, these still do.</summary>
    public void Ended(IImmutableSet<string> stillMoving)
    {
        if (sinceMs.Count == 0) return;
        foreach (var (shard, since) in sinceMs.Where(s => !stillMoving.Contains(s.Key)).ToArray())
        {
            OwnershipMeter.Moved(MonotonicClock.NowMs - since);
            sinceMs.Remove(shard);
        }
    }
}
