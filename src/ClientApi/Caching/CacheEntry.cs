using System.Buffers.Binary;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi.Caching;

/// <summary>
/// A cached value with what its expiry needs. Times are of the servers' clock, which all clients share, whatever their own clocks say. Stored as version, sliding time,
/// absolute end and last renewal (in ms, 8 bytes each, little-endian; 0: none), then the value.
/// </summary>
/// <param name="Sliding">How long it stays after its last use.</param>
/// <param name="End">When it goes in any case.</param>
/// <param name="RenewedAt">When its sliding time last began.</param>
/// <param name="Value">What the user stored.</param>
internal sealed record CacheEntry(TimeSpan? Sliding, DateTimeOffset? End, DateTimeOffset RenewedAt, ReadOnlyMemory<byte> Value)
{
    public const int HeaderBytes = 25;
    public const int ValueBytesMax = Limits.ValueBytes - HeaderBytes;

    private const byte Version = 1;
    private static readonly TimeSpan LongestSlack = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTtl = TimeSpan.FromSeconds(Limits.KeyTtlMaxSeconds);
    private static readonly TimeSpan ShortestTtl = TimeSpan.FromSeconds(Limits.KeyTtlMinSeconds);

    /// <summary>
    /// A hundredth of the sliding time, a second at most: uses so soon after a renewal renew nothing, and in return the entry stays so much longer. So a busy
    /// entry is written once a second, not at every read, and never goes too early.
    /// </summary>
    private TimeSpan Slack => Sliding is { } sliding && sliding / 100 < LongestSlack ? sliding / 100 : LongestSlack;

    /// <summary>A sliding time may be as long as there is ("never by sliding"); none is longer than servers keep a key.</summary>
    public static TimeSpan? SlidingAtMost(TimeSpan? sliding) => sliding > LongestTtl ? LongestTtl : sliding;

    /// <summary>What the servers are to give it from now on; null: for ever. Zero or less: its end has come.</summary>
    public TimeSpan? TtlAt(DateTimeOffset now)
    {
        var left = End - now;
        var ttl = Sliding + Slack is { } sliding && !(left < sliding) ? sliding : left;
        if (ttl is not { } time || time <= TimeSpan.Zero) return ttl;
        return time > LongestTtl ? LongestTtl : time < ShortestTtl ? ShortestTtl : time;
    }

    /// <summary>Whether a use at this time makes it stay longer. One that was renewed in what is the future here, by a machine whose clock is ahead, is renewed by this one's.</summary>
    public bool IsWorthRenewing(DateTimeOffset now) => Sliding is not null && (now - RenewedAt >= Slack || now < RenewedAt) && !(End <= now);

    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderBytes + Value.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), (long)Math.Ceiling(Sliding?.TotalMilliseconds ?? 0));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(9), End?.ToUnixTimeMilliseconds() ?? 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(17), RenewedAt.ToUnixTimeMilliseconds());
        Value.Span.CopyTo(bytes.AsSpan(HeaderBytes));
        return bytes;
    }

    /// <exception cref="InvalidDataException">Something else wrote this key, or a newer version did.</exception>
    public static CacheEntry Parse(string key, ReadOnlyMemory<byte> stored)
    {
        if (stored.Length < HeaderBytes || stored.Span[0] != Version)
            throw new InvalidDataException($"key '{key}' was not written by this version of the distributed cache; is its KeyPrefix used for something else?");
        var sliding = BinaryPrimitives.ReadInt64LittleEndian(stored.Span[1..]);
        var end = BinaryPrimitives.ReadInt64LittleEndian(stored.Span[9..]);
        return new CacheEntry(
            sliding == 0 ? null : TimeSpan.FromMilliseconds(sliding),
            end == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(end),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(stored.Span[17..])),
            stored[HeaderBytes..]);
    }
}
