using System.Collections.Concurrent;
using AkkaHa.Core.Ownership;

namespace AkkaHa.Node.Ownership;

/// <summary>
/// The shards that this incarnation owns, each with the epoch of its grant, and its lease: what every answer is checked against as it leaves (the gate).
/// A grant enters after its commit and leaves before its release is sent.
/// </summary>
internal sealed class Grants(NodeLease lease)
{
    private readonly ConcurrentDictionary<int, (long Epoch, Action<Exception>? Lost)> byShard = new();

    /// <summary>A grant has entered: what must happen by itself in this shard can.</summary>
    public event Action<int>? Taken;

    /// <summary>How many, not counting the coordinator.</summary>
    public int Count => byShard.Count - (byShard.ContainsKey(ShardRow.Coordinator) ? 1 : 0);

    /// <summary>Which, without the coordinator.</summary>
    public IReadOnlySet<int> Shards => byShard.Keys.Where(s => s != ShardRow.Coordinator).ToHashSet();

    public long? EpochOf(int shard) => byShard.TryGetValue(shard, out var grant) ? grant.Epoch : null;

    public bool Holds(int shard, long epoch) => byShard.TryGetValue(shard, out var grant) && grant.Epoch == epoch;

    /// <summary>The gate. The clock is read last: what was read before it, no later owner can have changed.</summary>
    public bool MayAnswer(int shard, long epoch) => Holds(shard, epoch) && lease.IsOpen(MonotonicClock.NowMs);

    public void Enter(int shard, long epoch, Action<Exception>? lost)
    {
        byShard[shard] = (epoch, lost);
        if (shard != ShardRow.Coordinator) Taken?.Invoke(shard);
    }

    public void Leave(int shard, long epoch)
    {
        if (byShard.TryGetValue(shard, out var grant) && grant.Epoch == epoch) byShard.TryRemove(new KeyValuePair<int, (long, Action<Exception>?)>(shard, grant));
    }

    /// <summary>A later owner has been seen: this grant is over, and the shard must be taken anew if it is still ours.</summary>
    public void Supersede(int shard, long epoch)
    {
        if (!byShard.TryGetValue(shard, out var grant) || grant.Epoch != epoch) return;
        if (byShard.TryRemove(new KeyValuePair<int, (long, Action<Exception>?)>(shard, grant)))
            grant.Lost?.Invoke(new InvalidOperationException($"shard {shard}: a row of a later owner than epoch {epoch} was found"));
    }

    /// <summary>Ends them all; no answer leaves any more.</summary>
    /// <returns>What they were.</returns>
    public IReadOnlyList<(int Shard, long Epoch)> Clear()
    {
        var all = byShard.Select(g => (g.Key, g.Value.Epoch)).ToArray();
        byShard.Clear();
        return all;
    }
}
