using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Monitoring;

/// <summary>
/// Tells another node what this one remembers, by the other's clock: of two that differ, what happened a moment ago would be before what is asked for, or ahead of it. In steps of whole slots, and a
/// step that was taken stays while it is about right, so that no slot is told under two times.
/// </summary>
internal sealed class AskersClock
{
    private const long StepMs = Timeline.SlotSeconds * 1000L;

    private readonly Dictionary<string, long> aheadMs = new(StringComparer.Ordinal);

    /// <param name="asker">Who asks.</param>
    /// <param name="query">What.</param>
    /// <param name="nowMs">By this node's clock.</param>
    /// <param name="report">What this node remembers since a time by its own clock.</param>
    public HistoryReport Tell(string asker, HistoryQuery query, long nowMs, Func<long, HistoryReport> report)
    {
        var ahead = Ahead(asker, query, nowMs);
        if (ahead == 0) return report(query.SinceMs);
        var told = report(query.SinceMs == 0 ? 0 : query.SinceMs + ahead);
        foreach (var slot in told.Slots) slot.AtSeconds -= ahead / 1000;
        foreach (var e in told.Events) (e.AtMs, e.LastMs) = (e.AtMs - ahead, e.LastMs == 0 ? 0 : e.LastMs - ahead);
        foreach (var move in told.Moves) move.AtMs -= ahead;
        foreach (var f in told.Failovers) (f.FromMs, f.UntilMs) = (f.FromMs - ahead, f.UntilMs == 0 ? 0 : f.UntilMs - ahead);
        foreach (var gone in told.Gone) gone.AtMs -= ahead;
        return told;
    }

    private long Ahead(string asker, HistoryQuery query, long nowMs)
    {
        // An earlier version does not say its time.
        if (query.NowMs == 0) return 0;
        var before = aheadMs.GetValueOrDefault(asker);
        var now = nowMs - query.NowMs;
        if (Math.Abs(now - before) < StepMs) return before;
        return aheadMs[asker] = (long)Math.Round((double)now / StepMs) * StepMs;
    }
}
