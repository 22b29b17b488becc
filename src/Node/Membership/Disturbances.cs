using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Membership;

/// <summary>What may lose a call that is under way to a shard's owner, as one task for all calls of that shard: nearly all of them only wait for it and for their answer.</summary>
internal sealed class Disturbances(ShardMoves moves, MembershipSignals signals, int shards)
{
    private readonly Disturbance?[] latest = new Disturbance?[shards];

    /// <summary>The next from here on.</summary>
    public Disturbance Next(int shard)
    {
        var (moved, lost) = (moves.Next(shard), signals.NextMemberLost);
        var known = Volatile.Read(ref latest[shard]);
        if (known is not null && known.Moved == moved && known.Lost == lost) return known;
        // Two may make it at a time: each waits for its own.
        var next = new Disturbance(shard, moved, lost, Task.WhenAny(moved, lost, signals.WhenOver));
        Volatile.Write(ref latest[shard], next);
        return next;
    }
}

/// <summary>One of a shard.</summary>
/// <param name="Shard">Of which.</param>
/// <param name="Moved">The shard has its next owner.</param>
/// <param name="Lost">A member is gone, with its name in the rows of ownership.</param>
/// <param name="Any">Either of them, or this node's incarnation begins to end.</param>
internal sealed record Disturbance(int Shard, Task Moved, Task<string> Lost, Task Any);
