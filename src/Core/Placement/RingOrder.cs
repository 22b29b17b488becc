using System.Collections.Immutable;

namespace AkkaHa.Core.Placement;

/// <summary>
/// The one order that nodes are kept in: by id, ordinal. Sorted arrays instead of dictionaries, since nothing here may
/// depend on the order in which a hash table is enumerated.
/// </summary>
static class RingOrder
{
    /// <summary>The index of the node with this id, or the complement of where it belongs.</summary>
    public static int IndexOfId(this ImmutableArray<RingNode> nodes, string id)
    {
        var low = 0;
        var high = nodes.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(nodes[middle].Id, id);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }
}
