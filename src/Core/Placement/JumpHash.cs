namespace AkkaHa.Core.Placement;

/// <summary>
/// Jump consistent hash: Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014 (arXiv:1406.2294).
/// </summary>
public static class JumpHash
{
    /// <summary>
    /// The bucket, from 0 to <paramref name="buckets"/> − 1, of <paramref name="key"/>. Buckets are hit evenly; with one
    /// bucket more a key either stays or goes to the new bucket. Takes O(log buckets) steps.
    /// </summary>
    /// <param name="key">A well-mixed number, such as <see cref="StableHash.Of"/> gives.</param>
    /// <param name="buckets">How many buckets there are, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="buckets"/> is below 1.</exception>
    public static int BucketOf(ulong key, int buckets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        long bucket = -1;
        long next = 0;
        while (next < buckets)
        {
            bucket = next;
            key = unchecked((key * 2862933555777941757UL) + 1);
            // Division and multiplication of doubles are exact to the bit under IEEE 754, hence the same on every machine.
            next = (long)((bucket + 1) * ((1L << 31) / (double)((key >> 33) + 1)));
        }

        return (int)bucket;
    }
}
