namespace AkkaHa.ClientApi.Connection;

/// <summary>One change, however often it is sent: its id, the number of its next attempt, and whether an earlier one may have been done.</summary>
internal sealed class Mutation(string id)
{
    private uint _attempts;

    public string Id { get; } = id;

    /// <summary>By what the servers can be asked what became of it: a write that they make a transaction of has an id of its own there.</summary>
    public string KnownAs { get; init; } = id;

    /// <summary>An attempt was sent and not answered for certain: from here on UNAVAILABLE means OUTCOME_UNKNOWN.</summary>
    public bool InDoubt { get; set; }

    /// <summary>When the first attempt was sent (monotonic).</summary>
    public long FirstSentAt { get; private set; }

    /// <summary>The number for the attempt that is sent now: 1, 2, …</summary>
    public uint Next(long now)
    {
        if (_attempts == 0) FirstSentAt = now;
        return ++_attempts;
    }
}
