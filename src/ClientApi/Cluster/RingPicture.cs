namespace AkkaHa.ClientApi;

/// <summary>Who owns what, as one node sees it.</summary>
/// <param name="Shards">Every shard, by its number.</param>
public sealed record RingPicture(IReadOnlyList<ShardOwner> Shards);

/// <summary>A shard and its owner.</summary>
/// <param name="Shard">Its number, from 0.</param>
/// <param name="Node">The owner's address, as <see cref="ClusterMember.Address"/>; the last owner's, if that is not there now; empty, if it was given back, or nobody ever did.</param>
/// <param name="Grpc">Where that serves gRPC.</param>
/// <param name="Http">Where that serves HTTP.</param>
/// <param name="Epoch">Greater with each owner.</param>
/// <param name="Allocated">Whether somebody owns it now.</param>
public sealed record ShardOwner(int Shard, string Node, string Grpc, string Http, long Epoch, bool Allocated);
