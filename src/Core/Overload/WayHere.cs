namespace AkkaHa.Core.Overload;

/// <summary>
/// How much longer than usual messages are on their way, of two clocks that know nothing of each other: the least difference of the last half to whole minute is the usual one. A clock that stood still, as that of a machine that was
/// suspended, is right again after that. Where the first message was late already, the usual is taken for more than it is until one comes sooner.
/// Source: the base delay of LEDBAT, RFC 6817.
/// </summary>
public sealed class WayHere
{
    /// <summary>Half of what is remembered.</summary>
    public const long HalfMs = 30_000;

    private const long MostMs = 3_600_000;

    private long before = long.MaxValue;
    private long now = long.MaxValue;
    private long? since;

    /// <summary>A message has come.</summary>
    /// <param name="sentMs">When it was sent, by its sender's clock.</param>
    /// <param name="arrivedMs">When it came, by the receiver's.</param>
    /// <returns>How much longer it was on its way, in milliseconds; 0 to an hour.</returns>
    public long LongerMs(long sentMs, long arrivedMs)
    {
        since ??= arrivedMs;
        if (arrivedMs - since > HalfMs) (before, now, since) = (arrivedMs - since > 2 * HalfMs ? long.MaxValue : now, long.MaxValue, arrivedMs);
        var way = arrivedMs - sentMs;
        now = Math.Min(now, way);
        return Math.Clamp(way - Math.Min(before, now), 0, MostMs);
    }
}
