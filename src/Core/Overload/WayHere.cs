namespace AkkaHa.Core.Overload;

/// <summary>
/// How much longer than usual messages are on their way, of two clocks that know nothing of each other: the least difference of the last five to ten minutes is the usual one. In that time clocks that run apart by a ten-thousandth
/// are 60 ms apart. Where the first message was late already, the usual is taken for more than it is until one comes sooner.
/// Source: the base delay of LEDBAT, RFC 6817.
/// </summary>
public sealed class WayHere
{
    /// <summary>Half of what is remembered.</summary>
    public const long HalfMs = 5 * 60 * 1000;

    private long before = long.MaxValue;
    private long now = long.MaxValue;
    private long? since;

    /// <summary>A message has come.</summary>
    /// <param name="sentMs">When it was sent, by its sender's clock.</param>
    /// <param name="arrivedMs">When it came, by the receiver's.</param>
    /// <returns>How much longer it was on its way, in milliseconds; 0 or more.</returns>
    public long LongerMs(long sentMs, long arrivedMs)
    {
        since ??= arrivedMs;
        if (arrivedMs - since > HalfMs) (before, now, since) = (now, long.MaxValue, arrivedMs);
        var way = arrivedMs - sentMs;
        now = Math.Min(now, way);
        return way - Math.Min(before, now);
    }
}
