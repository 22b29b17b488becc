using System.Collections.Immutable;

namespace AkkaHa.Core.Placement;

/// <summary>
/// The circle of Karger et al., "Consistent Hashing and Random Trees", 1997: replicas × weight points for each node,
/// in order of position. Points at the same position are ordered by node, so that the order is one and the same however
/// the ring came about.
/// </summary>
sealed class RingPoints
{
    readonly ulong[] positions;
    readonly int[] owners;

    RingPoints(ulong[] positions, int[] owners) => (this.positions, this.owners) = (positions, owners);

    /// <summary>How many points there are.</summary>
    public int Count => positions.Length;

    /// <summary>The node, as its index in the nodes given to <see cref="Of"/>, whose point this is.</summary>
    public int Owner(int point) => owners[point];

    /// <param name="nodes">In ordinal order of id.</param>
    /// <param name="replicas">Points for each unit of weight.</param>
    public static RingPoints Of(ImmutableArray<RingNode> nodes, int replicas)
    {
        var count = checked((int)(nodes.Sum(node => (long)node.Weight) * replicas));
        var points = new (ulong Position, int Owner)[count];
        var next = 0;
        for (var owner = 0; owner < nodes.Length; owner++)
        {
            // A node that gains weight keeps the points it had: replica numbers simply go on.
            for (var replica = 0; replica < nodes[owner].Weight * replicas; replica++)
                points[next++] = (RingHash.OfRingPoint(nodes[owner].Id, replica), owner);
        }

        // Owners are numbered in order of id: comparing the pair is comparing (position, id).
        Array.Sort(points);
        return new RingPoints(Array.ConvertAll(points, p => p.Position), Array.ConvertAll(points, p => p.Owner));
    }

    /// <summary>The first point at or after <paramref name="position"/>, going round past the highest.</summary>
    public int FirstFrom(ulong position)
    {
        var low = 0;
        var high = positions.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (positions[middle] < position)
                low = middle + 1;
            else
                high = middle;
        }

        return low == positions.Length ? 0 : low;
    }
}
