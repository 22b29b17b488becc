using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Monitoring;

/// <summary>The last events of this node. Bounded; the same text again and again is one event with a count.</summary>
internal sealed class EventLog
{
    public const int AtMost = 500;
    private const int CharsAtMost = 500;

    private readonly string origin = Guid.CreateVersion7().ToString("N");
    private readonly Queue<HistoryEvent> events = new();
    private readonly Lock guard = new();
    private HistoryEvent? last;
    private long number;

    /// <param name="level">info, warning or error.</param>
    /// <param name="text">For people.</param>
    /// <param name="nowMs">Since 1970.</param>
    /// <param name="id">The same for all nodes that see the same; null: this node alone does.</param>
    public void Add(string level, string text, long nowMs, string? id = null)
    {
        if (text.Length > CharsAtMost) text = string.Concat(text.AsSpan(0, CharsAtMost), "…");
        lock (guard)
        {
            if (last is not null && id is null && last.Text == text && last.Level == level)
            {
                last.Count++;
                last.LastMs = nowMs;
                return;
            }
            last = new HistoryEvent { Id = id ?? $"{origin}-{++number}", AtMs = nowMs, LastMs = nowMs, Level = level, Text = text, Count = 1 };
            events.Enqueue(last);
            if (events.Count > AtMost) events.Dequeue();
        }
    }

    public IReadOnlyList<HistoryEvent> Since(long sinceMs)
    {
        lock (guard) return [.. events.Where(e => e.LastMs >= sinceMs).Select(e => e.Clone())];
    }
}
