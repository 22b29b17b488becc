namespace AkkaHa.Chaos.Histories;

/// <summary>What one must know of a run to judge it, and to run it again.</summary>
sealed record RunFacts(int Seed, double Minutes, int Nodes, string Provider, string Only, string Break, int Accounts, long StartBalance, DateTimeOffset StartedAt)
{
    /// <summary>How long the faults went on, in microseconds.</summary>
    public long Duration { get; init; }

    /// <summary>Why the cluster did not come to rest after the last fault was healed, or what could not be read then; null when all was well.</summary>
    public string? Unrest { get; init; }
}
