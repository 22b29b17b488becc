namespace AkkaHa.Node.Monitoring;

/// <summary>What the dashboard and <c>akkaha top</c> get to see: <c>GET /v1/cluster/activity</c>. Not part of the contract with clients, and free to change.</summary>
/// <param name="NowMs">By the clock of the node that was asked, since 1970, as all times here.</param>
/// <param name="SlotSeconds">How long a slot is.</param>
/// <param name="Nodes">Those that answered.</param>
/// <param name="Silent">Addresses of members that did not.</param>
/// <param name="Slots">Of all nodes together, oldest first; where nothing happened there is none.</param>
/// <param name="Moves">Of shards.</param>
/// <param name="Failovers">Of members that were lost.</param>
/// <param name="Gone">Members that are none any more.</param>
/// <param name="Events">What the nodes said, oldest first.</param>
internal sealed record HistoryView(
    long NowMs, int SlotSeconds, IReadOnlyList<NodeView> Nodes, IReadOnlyList<string> Silent, IReadOnlyList<SlotView> Slots,
    IReadOnlyList<MoveView> Moves, IReadOnlyList<FailoverView> Failovers, IReadOnlyList<GoneView> Gone, IReadOnlyList<EventView> Events);

internal sealed record NodeView(string Address, string Incarnation, bool Ready, IReadOnlyList<string> Reasons, string Storage, string LeaseFailure, IReadOnlyList<NodeSlotView> Slots);

/// <summary>How many calls this node served, without its writes to the journal.</summary>
internal sealed record NodeSlotView(long At, long Calls);

internal sealed record SlotView(long At, IReadOnlyDictionary<string, TallyView> Kinds);

/// <summary>Seconds; null: there was nothing to time. <c>all</c> of the kinds is all calls, without the writes to the journal.</summary>
internal sealed record TallyView(long Done, long Refused, long Failed, double? P50, double? P99, double? Max);

internal sealed record MoveView(long AtMs, int Shard, string From, string To, long Epoch);

internal sealed record FailoverView(string Address, string Incarnation, long FromMs, long? UntilMs, int Shards);

internal sealed record GoneView(string Address, string Incarnation, long AtMs, bool Downed);

/// <summary>Node is empty where every node sees the same.</summary>
internal sealed record EventView(string Id, long AtMs, long LastMs, string Level, string Node, string Text, int Count);
