using System.Collections.Concurrent;

namespace AkkaHa.Node.Ownership;

/// <summary>
/// The shards that this node owns, each with the epoch of its grant: what every answer is checked against as it leaves (the gate).
/// A grant enters after its commit and leaves before its release is sent.
/// </summary>
internal sealed class Grants
{
    private readonly ConcurrentDictionary<int, (long Epoch, Action<Exception>? Lost)> byShard = new();

    /// <summary>A grant has entered: what must happen by itself in this shard can.</summary>
    public event Action<int>? Taken;

    public int Count => byShard.Count;

    public long? EpochOf(int shard) => byShard.TryGetValue(shard, out var grant) ? grant.Epoch : null;

    public bool Holds(int shard, long epoch) => byShard.TryGetValue(shard, out var grant) && grant.Epoch == epoch;

    public void Enter(int shard, long epoch, Action<Exception>? lost)
    {
        // An acquire whose answer came late must not put an older epoch in the place of a newer.
        var now = byShard.AddOrUpdate(shard, (epoch, lost), (_, there) => there.Epoch >= epoch ? there : (epoch, lost));
        if (now.Epoch == epoch) Taken?.Invoke(shard);
    }

    public void Leave(int shard) => byShard.TryRemove(shard, out _);

    /// <summary>A later owner has been seen: this grant is over, and the shard must be taken anew if it is still ours.</summary>
    public void Supersede(int shard, long epoch)
    {
        if (!byShard.TryGetValue(shard, out var grant) || grant.Epoch != epoch) return;
        if (byShard.TryRemove(new KeyValuePair<int, (long, Action<Exception>?)>(shard, grant)))
            grant.Lost?.Invoke(new InvalidOperationException($"shard {shard}: a row of a later owner than epoch {epoch} was found"));
    }

    public void Clear() => byShard.Clear();
}
