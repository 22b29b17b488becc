namespace AkkaHa.Messages.Placement;

/// <summary>
/// Jump consistent hash: spreads keys evenly over n buckets, and when n grows by one, moves only the keys that go to the new bucket.
/// Source: Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014.
/// </summary>
public static class JumpHash
{
    /// <summary>The bucket of a key: 0 to <paramref name="buckets"/> − 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="buckets"/> is less than 1.</exception>
    public static int BucketOf(ulong key, int buckets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        long bucket = -1, next = 0;
        while (next < buckets)
        {
            bucket = next;
            key = unchecked((key * 2862933555777941757UL) + 1);
            next = (long)((bucket + 1) * ((double)(1L << 31) / ((key >> 33) + 1)));
        }
        return (int)bucket;
    }
}
