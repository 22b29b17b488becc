namespace AkkaHa.Node.Management;

// What Akka Management and Pekko Management document for these routes; the names are theirs.

/// <summary>A member. The uid is text here.</summary>
internal sealed record MemberView(string Node, string NodeUid, string Status, IReadOnlyList<string> Roles);

/// <summary>A member that cannot be reached, and who says so.</summary>
internal sealed record UnreachableView(string Node, IReadOnlyList<string> ObservedBy);

/// <summary><c>GET /cluster/members</c>; leader and oldest are left out where there is none.</summary>
internal sealed record MembersView(
    string SelfNode, IReadOnlyList<MemberView> Members, IReadOnlyList<UnreachableView> Unreachable, string? Leader, string? Oldest, IReadOnlyDictionary<string, string> OldestPerRole);

/// <summary>A shard that this node has.</summary>
internal sealed record ShardView(string ShardId, int NumEntities);

/// <summary><c>GET /cluster/shards/{name}</c>.</summary>
internal sealed record ShardsView(IReadOnlyList<ShardView> Regions);

/// <summary><c>GET /cluster/shards</c>.</summary>
internal sealed record ShardTypesView(IReadOnlyList<string> EntityTypeKeys);

/// <summary>A member by which to join. The uid is a number here.</summary>
internal sealed record SeedNodeView(string Node, long NodeUid, string Status, IReadOnlyList<string> Roles);

/// <summary><c>GET /bootstrap/seed-nodes</c>.</summary>
internal sealed record SeedNodesView(string SelfNode, IReadOnlyList<SeedNodeView> SeedNodes);

/// <summary>What a change answers.</summary>
internal sealed record MessageView(string Message);
