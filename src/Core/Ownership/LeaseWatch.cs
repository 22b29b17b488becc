namespace AkkaHa.Core.Ownership;

/// <summary>
/// What this node has seen of the others' leases. There is no common clock: a lease is over when its counter has not changed for longer than it can last, by
/// the observer's own monotonic clock. That makes taking it safe only together with the check, in the taking transaction, that the counter is still the same.
/// </summary>
public sealed class LeaseWatch(LeaseTimings timings)
{
    private readonly Dictionary<string, (NodeRow Row, long ChangedAtMs, bool Renews)> seen = new(StringComparer.Ordinal);
    private long? lastRenewedMs;

    /// <summary>All rows, read together with a renewal of this node's own that succeeded.</summary>
    /// <param name="rows">As of some moment before <paramref name="receivedMs"/>.</param>
    /// <param name="receivedMs">When they had arrived here.</param>
    public void Saw(IEnumerable<NodeRow> rows, long receivedMs)
    {
        // After a silence, everybody gets the whole time again: perhaps it was this node, or the database, that stood still.
        if (!(receivedMs - lastRenewedMs <= SilenceMs)) seen.Clear();
        lastRenewedMs = receivedMs;
        Note(rows, receivedMs);
    }

    /// <summary>All rows, read between two renewals: so that a change is seen sooner. It says nothing of whether the database takes writes, and does not end a silence.</summary>
    /// <param name="rows">As of some moment before <paramref name="receivedMs"/>.</param>
    /// <param name="receivedMs">When they had arrived here.</param>
    public void Looked(IEnumerable<NodeRow> rows, long receivedMs)
    {
        if (receivedMs - lastRenewedMs <= SilenceMs) Note(rows, receivedMs);
    }

    private void Note(IEnumerable<NodeRow> rows, long receivedMs)
    {
        var gone = seen.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            gone.Remove(row.Node);
            var known = seen.TryGetValue(row.Node, out var before);
            var same = known && before.Row.Counter == row.Counter;
            seen[row.Node] = (row, same ? before.ChangedAtMs : receivedMs, same ? before.Renews : known);
        }
        foreach (var node in gone) seen.Remove(node);
    }

    /// <summary>A renewal of this node's own has failed, or it has connected anew: the watch starts again.</summary>
    public void Interrupted()
    {
        seen.Clear();
        lastRenewedMs = null;
    }

    /// <summary>The row as it was last read; null: not seen since the watch began.</summary>
    public NodeRow? Find(string node) => seen.TryGetValue(node, out var at) ? at.Row : null;

    /// <summary>How long the counter has not changed; null when that is not known.</summary>
    public long? UnchangedMs(string node, long nowMs) =>
        seen.TryGetValue(node, out var at) && nowMs - lastRenewedMs <= SilenceMs ? nowMs - at.ChangedAtMs : null;

    /// <summary>The counter at which the node's lease has run out; null when it has not, or that is not known.</summary>
    public long? ExpiredAt(string node, long nowMs) => See(node, nowMs)?.ExpiredAt;

    /// <summary>All that is known of a node, in one reading; null: not seen since the watch began.</summary>
    public LeaseSight? See(string node, long nowMs) =>
        seen.TryGetValue(node, out var at) ? new LeaseSight(at.Row, UnchangedMs(node, nowMs), at.Renews) : null;

    /// <summary>All nodes, in one reading; null when the watch does not go on, and nothing is known of anybody.</summary>
    public IReadOnlyList<LeaseSight>? SeeAll(long nowMs) =>
        nowMs - lastRenewedMs <= SilenceMs ? [.. seen.Keys.Select(node => See(node, nowMs)!.Value)] : null;

    private long SilenceMs => 4 * timings.RenewEveryMs;
}
