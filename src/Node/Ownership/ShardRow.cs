namespace AkkaHa.Node.Ownership;

/// <summary>One shard's row.</summary>
/// <param name="Shard">Its number.</param>
/// <param name="Epoch">Of the last grant; it only grows. 0: never taken.</param>
/// <param name="Holder">Address and incarnation of who has it; null: nobody.</param>
internal sealed record ShardRow(int Shard, long Epoch, string? Holder)
{
    /// <summary>The number under which the coordinator of the shards is owned, as if it were one.</summary>
    public const int Coordinator = -1;
}
