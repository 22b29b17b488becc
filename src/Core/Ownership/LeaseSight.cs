namespace AkkaHa.Core.Ownership;

/// <summary>One reading of what is known of a node's lease. What is judged by it, and then done about the node, must rest on the same reading.</summary>
/// <param name="Row">The row as it was last read.</param>
/// <param name="UnchangedMs">How long the counter has not changed; null when that is not known.</param>
/// <param name="Renews">Whether the counter was seen to change: a row that nobody renews any more looks fresh at first sight.</param>
public readonly record struct LeaseSight(NodeRow Row, long? UnchangedMs, bool Renews)
{
    /// <summary>The counter at which the lease has run out; null when it has not, or that is not known.</summary>
    public long? ExpiredAt => UnchangedMs > LeaseTimings.WatchOf(Row.LeaseMs) ? Row.Counter : null;
}
