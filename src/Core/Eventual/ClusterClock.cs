using System.Collections.Immutable;

namespace AkkaHa.Core.Eventual;

/// <summary>
/// The wall clock of a node, held against those of the others: one that is far from the middle one of all is corrected by it. So a node whose clock is wrong does not win every
/// race of writes, or lose it, for as long as it is wrong. With two nodes nobody knows whose clock is right: the earlier counts.
/// </summary>
/// <param name="Offsets">How far the clocks of the others are ahead of this one, in milliseconds.</param>
public sealed record ClusterClock(ImmutableDictionary<string, long> Offsets)
{
    /// <summary>Nobody heard of yet.</summary>
    public static readonly ClusterClock Alone = new(ImmutableDictionary<string, long>.Empty);

    /// <summary>Another node said what its clock says, when this one's said that. It was sent a little earlier, which makes it look slower by as much.</summary>
    public ClusterClock Heard(string node, long itsMs, long ownMs) => new(Offsets.SetItem(node, itsMs - ownMs));

    /// <summary>Only these count from now on.</summary>
    public ClusterClock Among(IReadOnlySet<string> nodes) => new(Offsets.Where(o => nodes.Contains(o.Key)).ToImmutableDictionary());

    /// <summary>The time for a write.</summary>
    /// <param name="ownMs">What this node's clock says.</param>
    /// <param name="mayDifferMs">So far a clock may be from the middle one.</param>
    public long Now(long ownMs, long mayDifferMs)
    {
        if (Offsets.Count == 0) return ownMs;
        long[] all = [.. Offsets.Values.Append(0).Order()];
        var middle = all[(all.Length - 1) / 2];
        return ownMs + (Math.Abs(middle) <= mayDifferMs ? 0 : middle);
    }
}
