using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace AkkaHa.Core.Placement;

/// <summary>
/// XxHash3-64 (seed 0) of UTF-8 text: the one hash that decides where anything is placed.
/// The same text gives the same number in every process, on every machine and in every version; stored data
/// depends on that, so it can never change. (xxHash by Yann Collet, XXH3 specification 0.8.)
/// </summary>
public static class StableHash
{
    const int StackBytes = 1024;

    /// <summary>The hash of <paramref name="text"/> as UTF-8. Unpaired surrogates count as U+FFFD.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static ulong Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var room = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = room <= StackBytes ? stackalloc byte[StackBytes] : new byte[room];
        var used = Encoding.UTF8.GetBytes(text, bytes);
        // The hash lives in a namespace below the banned System.IO, but does no I/O.
#pragma warning disable RS0030
        return XxHash3.HashToUInt64(bytes[..used]);
#pragma warning restore RS0030
    }

    /// <summary>
    /// Where virtual node number <paramref name="replica"/> of <paramref name="node"/> sits on the ring: the hash of
    /// <c>node#replica</c>. Only the last # separates, so two nodes never share a text.
    /// </summary>
    public static ulong OfRingPoint(string node, int replica) =>
        Of(string.Create(CultureInfo.InvariantCulture, $"{node}#{replica}"));

    /// <summary>Where shard number <paramref name="shard"/> sits on the ring: the hash of <c>shard/number</c>.</summary>
    public static ulong OfShard(int shard) =>
        Of(string.Create(CultureInfo.InvariantCulture, $"shard/{shard}"));
}
