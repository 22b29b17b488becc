using System.Globalization;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Core.Placement;

/// <summary>Where things sit on the ring. Stored placement depends on it, so it can never change.</summary>
public static class RingHash
{
    /// <summary>
    /// Where virtual node number <paramref name="replica"/> of <paramref name="node"/> sits on the ring: the hash of
    /// <c>node#replica</c>. Only the last # separates, so two nodes never share a text.
    /// </summary>
    public static ulong OfRingPoint(string node, int replica) =>
        StableHash.Of(string.Create(CultureInfo.InvariantCulture, $"{node}#{replica}"));

    /// <summary>Where shard number <paramref name="shard"/> sits on the ring: the hash of <c>shard/number</c>.</summary>
    public static ulong OfShard(int shard) =>
        StableHash.Of(string.Create(CultureInfo.InvariantCulture, $"shard/{shard}"));
}
