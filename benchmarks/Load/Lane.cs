namespace AkkaHa.Load;

/// <summary>What is done to a key.</summary>
public enum LaneAction
{
    /// <summary>A write.</summary>
    Put,

    /// <summary>A linearizable read.</summary>
    Get,
}

/// <summary>One acknowledged call; monotonic timestamps.</summary>
/// <param name="DueAt">When it was to be sent by the plan, however busy the sender was.</param>
/// <param name="AnsweredAt">When its caller had the answer.</param>
public readonly record struct Acknowledgement(long DueAt, long AnsweredAt)
{
    /// <summary>How long the caller waited.</summary>
    public TimeSpan Waited => TimeProvider.System.GetElapsedTime(DueAt, AnsweredAt);
}

/// <summary>The reads, or the writes, of one key, and when they were acknowledged. They are kept apart: a key that can be read but not written is not back. Safe for concurrent use.</summary>
/// <param name="key">The key.</param>
/// <param name="action">What is done to it.</param>
public sealed class Lane(string key, LaneAction action)
{
    private readonly Lock gate = new();
    private readonly List<Acknowledgement> acknowledged = [];
    private readonly List<long> failedDueAt = [];

    /// <summary>The key.</summary>
    public string Key => key;

    /// <summary>What is done to it.</summary>
    public LaneAction Action => action;

    /// <summary>A call succeeded.</summary>
    public void Acknowledged(long dueAt, long answeredAt)
    {
        lock (gate) acknowledged.Add(new Acknowledgement(dueAt, answeredAt));
    }

    /// <summary>The client gave a call up.</summary>
    public void Failed(long dueAt)
    {
        lock (gate) failedDueAt.Add(dueAt);
    }

    /// <summary>Forgets what was; for the next measurement.</summary>
    public void Clear()
    {
        lock (gate)
        {
            acknowledged.Clear();
            failedDueAt.Clear();
        }
    }

    /// <summary>Whether a call that was due at this time or later has been acknowledged.</summary>
    public bool AnsweredSince(long timestamp)
    {
        lock (gate) return acknowledged.Exists(a => a.DueAt >= timestamp);
    }

    /// <summary>In the order of the answers.</summary>
    public IReadOnlyList<Acknowledgement> Acknowledgements()
    {
        lock (gate) return [.. acknowledged.OrderBy(a => a.AnsweredAt)];
    }

    /// <summary>How many calls due in this time were given up.</summary>
    public int FailuresDue(long from, long to)
    {
        lock (gate) return failedDueAt.Count(f => f >= from && f < to);
    }
}
