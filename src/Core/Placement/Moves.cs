using System.Collections.Immutable;

namespace AkkaHa.Core.Placement;

/// <summary>
/// What it takes to get from one assignment to another, in two parts: what the plain ring explains, and what the bound
/// forces on top.
/// </summary>
/// <remarks>
/// After a join, <see cref="ByRing"/> is what the newcomer has now: at most its bound, ⌈1.1 × its fair share⌉. After a
/// leave it is what the leaver had: the same limit. <see cref="ByBound"/> concerns only shards which, before or after, are
/// not on the node that the plain ring gives them, because it is full. It is a small part of a fair share with many shards a node, and grows as
/// these get fewer: below ten a node, a step of the rounded-up bound (from 5 to 4, say) makes every full node give one away at once.
/// </remarks>
public sealed class Moves
{
    Moves(ImmutableArray<ShardMove> all)
    {
        All = all;
        ByBound = all.Count(move => move.Cause == MoveCause.Bound);
    }

    /// <summary>Every shard that moves, in order of number.</summary>
    public ImmutableArray<ShardMove> All { get; }

    /// <summary>How many moves the plain ring explains.</summary>
    public int ByRing => All.Length - ByBound;

    /// <summary>How many moves the bound forces.</summary>
    public int ByBound { get; }

    /// <summary>What moves from <paramref name="before"/> to <paramref name="after"/>.</summary>
    /// <exception cref="ArgumentException">The two do not have the same shard count.</exception>
    public static Moves Between(Assignment before, Assignment after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        if (before.Shards != after.Shards)
            throw new ArgumentException($"{before.Shards} shards before, {after.Shards} after.", nameof(after));

        var moves = ImmutableArray.CreateBuilder<ShardMove>();
        for (var shard = 0; shard < before.Shards; shard++)
        {
            var from = before.NodeFor(shard);
            var to = after.NodeFor(shard);
            if (from == to)
                continue;
            var explained = after.WeightOf(from) < before.WeightOf(from) || after.WeightOf(to) > before.WeightOf(to);
            moves.Add(new ShardMove(shard, from, to, explained ? MoveCause.Ring : MoveCause.Bound));
        }

        return new Moves(moves.ToImmutable());
    }
}
