using AkkaHa.Messages;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Load;

/// <summary>
/// One key in every shard, each with a lane for writes and one for reads. Some keys are hot: half of the load goes to them in turn, so that each is asked often enough
/// for its gap to be told exactly; the other half goes to all keys in turn, so that no shard is missed.
/// </summary>
public sealed class LaneSet
{
    private readonly Dictionary<string, int> shardOf;
    private readonly Lane[] inTurn;
    private Lane[] hot;

    /// <summary>Lanes for a cluster of so many shards.</summary>
    /// <param name="shards">How many shards, and names, one in each.</param>
    /// <param name="seed">Decides the order in which they are asked.</param>
    /// <param name="entity">What a name is the name of; left out: a key.</param>
    /// <param name="atMost">Of so many shards only.</param>
    public LaneSet(int shards = ShardMap.DefaultShardCount, int seed = 1, Func<string, EntityId>? entity = null, int atMost = int.MaxValue)
    {
        var map = new ShardMap(shards);
        entity ??= EntityId.Key;
        shardOf = Enumerable.Range(0, int.MaxValue).Select(i => $"load/{i}").Select(k => (Key: k, Shard: map.ShardOf(entity(k))))
            .DistinctBy(k => k.Shard).Take(Math.Min(shards, atMost)).ToDictionary(k => k.Key, k => k.Shard, StringComparer.Ordinal);
        inTurn = [.. shardOf.Keys.SelectMany(k => new[] { new Lane(k, LaneAction.Put), new Lane(k, LaneAction.Get) })];
        new Random(seed).Shuffle(inTurn);
        hot = [];
    }

    /// <summary>Every key's.</summary>
    public IReadOnlyList<Lane> All => inTurn;

    /// <summary>Those of hot keys.</summary>
    public IReadOnlyList<Lane> Hot => hot;

    /// <summary>Their names.</summary>
    public IReadOnlyCollection<string> Names => shardOf.Keys;

    /// <summary>The shard that AkkaHa keeps a key in.</summary>
    public int ShardOf(Lane lane) => shardOf[lane.Key];

    /// <summary>Makes the keys of these shards the hot ones.</summary>
    public void Heat(IReadOnlySet<int> shards) => hot = [.. inTurn.Where(l => shards.Contains(ShardOf(l)))];

    /// <summary>Forgets what was; for the next measurement.</summary>
    public void Clear()
    {
        foreach (var lane in inTurn) lane.Clear();
    }
}
