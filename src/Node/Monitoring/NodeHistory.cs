using AkkaHa.Messages.Internal;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Monitoring;

/// <summary>What this process remembers of the last 15 minutes, over all its incarnations; for the dashboard. In memory only.</summary>
internal sealed class NodeHistory(TimeProvider time)
{
    private const int GoneAtMost = 100;

    private readonly Timeline timeline = new();
    private readonly EventLog events = new();
    private readonly MoveLog moves = new();
    private readonly FailoverLog failovers = new();
    private readonly Queue<MemberGone> gone = new();
    private readonly Lock guard = new();

    public long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Called(CallKind kind, CallEnd end, double? seconds) => timeline.Add(kind, end, seconds, NowMs / 1000);

    public void Happened(string level, string text, string? id = null) => events.Add(level, text, NowMs, id);

    /// <summary>A reading of the rows of ownership.</summary>
    public void Owned(IEnumerable<ShardRow> rows)
    {
        var now = NowMs;
        lock (guard)
            foreach (var (move, from, to) in moves.Observe(rows, now)) failovers.Moved(move.Shard, from, to, now);
    }

    /// <param name="holder">Address and incarnation.</param>
    public void Unreachable(string holder)
    {
        lock (guard) failovers.Lost(holder, moves.Of(holder), NowMs);
    }

    public void Reachable(string holder)
    {
        lock (guard) failovers.Back(holder, NowMs);
    }

    /// <summary>A new incarnation of this process finds it to be a member that can be reached: an earlier one, that was cut off, may have held it for lost.</summary>
    public void Lives(string holder)
    {
        lock (guard) failovers.Lives(holder);
    }

    public void Removed(string holder, bool downed)
    {
        var parts = holder.Split(' ');
        lock (guard)
        {
            if (downed) failovers.Lost(holder, moves.Of(holder), NowMs);
            gone.Enqueue(new MemberGone { Address = parts[0], Incarnation = parts[^1], AtMs = NowMs, Downed = downed });
            if (gone.Count > GoneAtMost) gone.Dequeue();
        }
    }

    /// <summary>All of it since then, at most 15 minutes.</summary>
    public HistoryReport Report(long sinceMs)
    {
        var now = NowMs;
        var report = new HistoryReport();
        report.Slots.AddRange(timeline.Since(sinceMs / 1000, now / 1000));
        // Events stay for as long as there is room: what happened at night is still wanted in the morning.
        report.Events.AddRange(events.Since(sinceMs));
        var since = Math.Max(sinceMs, now - (Timeline.Slots * Timeline.SlotSeconds * 1000L));
        lock (guard)
        {
            report.Moves.AddRange(moves.Since(since));
            report.Failovers.AddRange(failovers.Since(since));
            report.Gone.AddRange(gone.Where(g => g.AtMs >= since));
        }
        return report;
    }
}
