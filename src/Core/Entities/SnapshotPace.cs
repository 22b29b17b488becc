using AkkaHa.Messages;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Core.Entities;

/// <summary>How many rows an entity writes from one snapshot to the next.</summary>
public static class SnapshotPace
{
    /// <summary>Rows between two snapshots at most: that many, and those of one write, are read at a recovery.</summary>
    public const int RowsAtMost = 10_000;

    /// <summary>Rows since the last snapshot with which an entity does not end an activation that nobody needs any more: whoever comes next would wait until all of them are read.</summary>
    public const int RowsBehindSleep = 64;

    private const int RowsOnAverage = 400;

    /// <summary>
    /// Rows between two snapshots, where little else has to go with them: 200 to 599, always as many for the same entity. Each snapshot is a commit or two of its own; with one number for all, a thousand entities
    /// that are written alike would take a thousand of them in the same second, and what is written then would wait behind them.
    /// </summary>
    public static int RowsOf(EntityId id) => (RowsOnAverage / 2) + (int)(StableHash.Of(id.ToString()) % RowsOnAverage);
}
