namespace AkkaHa.Core.Placement;

/// <summary>A shard that is on another node than before, and why.</summary>
public sealed record ShardMove(int Shard, string From, string To, MoveCause Cause);
