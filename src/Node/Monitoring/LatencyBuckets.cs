namespace AkkaHa.Node.Monitoring;

/// <summary>Durations in eight buckets for each doubling, from 32 µs to 70 s: a percentile read from them is at most an eighth too high.</summary>
internal static class LatencyBuckets
{
    private const int InEachDoubling = 8;
    private const double FirstSeconds = 32e-6;

    public const int Count = 21 * InEachDoubling + 1;

    public static int Of(double seconds) =>
        seconds <= FirstSeconds ? 0 : Math.Min(Count - 1, (int)Math.Ceiling(Math.Log2(seconds / FirstSeconds) * InEachDoubling - 1e-9));

    /// <summary>The longest that a bucket takes in.</summary>
    public static double UpTo(int bucket) => FirstSeconds * Math.Pow(2, (double)bucket / InEachDoubling);

    /// <summary>The duration that this part of all did not exceed; null: there are none.</summary>
    public static double? Percentile(ReadOnlySpan<long> counts, double part)
    {
        long all = 0;
        foreach (var count in counts) all += count;
        if (all == 0) return null;
        var wanted = Math.Max(1, (long)Math.Ceiling(all * part));
        long seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= wanted) return UpTo(i);
        }
        throw new InvalidOperationException("fewer than all of them are in the buckets");
    }
}
