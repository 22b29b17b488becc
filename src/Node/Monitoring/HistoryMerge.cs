using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Monitoring;

/// <summary>What several nodes remember, as one story: counts are added, and what all of them saw is told once, as the first saw it.</summary>
internal static class HistoryMerge
{
    private const string All = "all";
    private static readonly string Journal = CallKinds.Names[(int)CallKind.Journal];

    public static HistoryView Of(long nowMs, IReadOnlyList<HistoryReport> reports, IReadOnlyList<string> silent) => new(
        nowMs, Timeline.SlotSeconds,
        [.. reports.Select(r => new NodeView(r.Address, r.Incarnation, r.Ready, [.. r.Reasons], r.Storage, r.LeaseFailure, [.. r.Slots.Select(CallsOf)]))],
        silent,
        [.. reports.SelectMany(r => r.Slots).GroupBy(s => s.AtSeconds).OrderBy(g => g.Key).Select(g => new SlotView(g.Key, Kinds(g)))],
        [.. reports.SelectMany(r => r.Moves).GroupBy(m => (m.Shard, m.Epoch)).Select(g => Fullest(g)).OrderBy(m => m.AtMs).ThenBy(m => m.Shard)
            .Select(m => new MoveView(m.AtMs, m.Shard, m.From, m.To, m.Epoch))],
        [.. reports.SelectMany(r => r.Failovers).GroupBy(f => f.Incarnation).Select(g => g.MaxBy(f => (f.Shards, f.UntilMs))!).OrderBy(f => f.FromMs)
            .Select(f => new FailoverView(f.Address, f.Incarnation, f.FromMs, f.UntilMs == 0 ? null : f.UntilMs, f.Shards))],
        [.. reports.SelectMany(r => r.Gone).GroupBy(g => g.Incarnation).Select(g => (First: g.MinBy(m => m.AtMs)!, Downed: g.Any(m => m.Downed))).OrderBy(g => g.First.AtMs)
            .Select(g => new GoneView(g.First.Address, g.First.Incarnation, g.First.AtMs, g.Downed))],
        [.. reports.SelectMany(r => r.Events.Select(e => (Event: e, r.Address))).GroupBy(e => e.Event.Id).Select(Told).OrderBy(e => e.AtMs).ThenBy(e => e.Id, StringComparer.Ordinal)]);

    private static ShardMoved Fullest(IEnumerable<ShardMoved> same) => same.OrderBy(m => m.From.Length == 0 || m.To.Length == 0).ThenBy(m => m.AtMs).First();

    private static EventView Told(IGrouping<string, (HistoryEvent Event, string Address)> same)
    {
        var (first, address) = same.MinBy(s => s.Event.AtMs);
        return new EventView(first.Id, first.AtMs, first.LastMs, first.Level, first.Id.Contains(' ', StringComparison.Ordinal) ? "" : address, first.Text, first.Count);
    }

    private static NodeSlotView CallsOf(HistorySlot slot) => new(slot.AtSeconds, slot.Tallies.Where(t => t.Kind != Journal).Sum(t => t.Done + t.Refused + t.Failed));

    private static SortedDictionary<string, TallyView> Kinds(IEnumerable<HistorySlot> slots)
    {
        var tallies = slots.SelectMany(s => s.Tallies).ToArray();
        var kinds = new SortedDictionary<string, TallyView>(StringComparer.Ordinal);
        foreach (var ofKind in tallies.GroupBy(t => t.Kind)) kinds[ofKind.Key] = Sum(ofKind);
        if (tallies.Any(t => t.Kind != Journal)) kinds[All] = Sum(tallies.Where(t => t.Kind != Journal));
        return kinds;
    }

    private static TallyView Sum(IEnumerable<KindTally> tallies)
    {
        var counts = new long[LatencyBuckets.Count];
        long done = 0, refused = 0, failed = 0;
        foreach (var tally in tallies)
        {
            (done, refused, failed) = (done + tally.Done, refused + tally.Refused, failed + tally.Failed);
            // A newer node may have more buckets: they count as the last of ours.
            for (var i = 0; i + 1 < tally.Buckets.Count; i += 2) counts[Math.Min((int)tally.Buckets[i], counts.Length - 1)] += tally.Buckets[i + 1];
        }
        return new TallyView(done, refused, failed, LatencyBuckets.Percentile(counts, 0.5), LatencyBuckets.Percentile(counts, 0.99), LatencyBuckets.Percentile(counts, 1));
    }
}
