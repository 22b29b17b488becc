namespace AkkaHa.Core.Placement;

/// <summary>
/// The most shards that a node may have: ⌈1.1 × its fair share⌉, where its fair share is shards × weight / weight of all.
/// The bounds of all nodes add up to at least the shard count, so an assignment always exists.
/// </summary>
public static class LoadBound
{
    /// <summary>The factor on the fair share, in per cent. (1 + ε in Mirrokni et al., with ε = 0.1.)</summary>
    public const int Percent = 110;

    /// <summary>The bound of a node. In whole numbers, so that it is the same on every machine.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number below 1, or <paramref name="weight"/> above <paramref name="totalWeight"/>.</exception>
    public static int Of(int shards, int weight, long totalWeight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(totalWeight, weight);
        var parts = 100 * totalWeight;
        return checked((int)((((long)Percent * shards * weight) + parts - 1) / parts));
    }
}
