namespace AkkaHa.Core.Transactions;

/// <summary>
/// How old a transaction is: the time of its first attempt, ties by id. Wait-die goes by it (Rosenkrantz, Stearns and Lewis, 1978):
/// an older one waits for a younger, a younger one dies (after a little while, <see cref="ShortWaits"/>) and tries again with its first timestamp, so that it grows older and gets through.
/// </summary>
public readonly record struct Age(long TimestampMs, string TransactionId) : IComparable<Age>
{
    /// <summary>Older is less.</summary>
    public int CompareTo(Age other)
    {
        var byTime = TimestampMs.CompareTo(other.TimestampMs);
        return byTime != 0 ? byTime : string.CompareOrdinal(TransactionId, other.TransactionId);
    }

    /// <summary>Whether this one is the older.</summary>
    public bool IsOlderThan(Age other) => CompareTo(other) < 0;
}
