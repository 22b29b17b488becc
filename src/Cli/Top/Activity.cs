namespace AkkaHa.Cli.Top;

/// <summary>What <c>GET /v1/cluster/activity</c> tells, as far as it is shown here; the dashboard lives on the same. It is free to change: what another version leaves out is empty.</summary>
sealed record Activity
{
    /// <summary>By the clock of the node that was asked, since 1970, as all times here.</summary>
    public long NowMs { get; init; }

    public int SlotSeconds { get; init; } = 5;

    public IReadOnlyList<ActiveNode> Nodes { get; init; } = [];

    /// <summary>Addresses of members that did not answer.</summary>
    public IReadOnlyList<string> Silent { get; init; } = [];

    public IReadOnlyList<Slot> Slots { get; init; } = [];

    public IReadOnlyList<ShardMove> Moves { get; init; } = [];

    public IReadOnlyList<Failover> Failovers { get; init; } = [];
}

sealed record ActiveNode
{
    public string Address { get; init; } = "";

    public bool Ready { get; init; }

    public IReadOnlyList<string> Reasons { get; init; } = [];

    public string Storage { get; init; } = "";

    public string LeaseFailure { get; init; } = "";

    public IReadOnlyList<NodeSlot> Slots { get; init; } = [];
}

sealed record NodeSlot(long At, long Calls);

/// <param name="At">Seconds since 1970 of its beginning.</param>
/// <param name="Kinds">What was counted, of all nodes together. <c>all</c>: all calls, without the writes to the journal.</param>
sealed record Slot(long At, IReadOnlyDictionary<string, CallTally> Kinds);

/// <summary>Times in seconds; null: there was nothing to time.</summary>
sealed record CallTally(long Done, long Refused, long Failed, double? P50, double? P99);

sealed record ShardMove(long AtMs, int Shard, string From, string To);

sealed record Failover(string Address, long FromMs, long? UntilMs, int Shards);
