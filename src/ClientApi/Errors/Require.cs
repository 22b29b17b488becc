using AkkaHa.Messages;

namespace AkkaHa.ClientApi.Errors;

/// <summary>Refuses here what every server would refuse, with the same exception and without the trip.</summary>
internal static class Require
{
    private static readonly TimeSpan ShortestTtl = TimeSpan.FromSeconds(Limits.KeyTtlMinSeconds);
    private static readonly TimeSpan LongestTtl = TimeSpan.FromSeconds(Limits.KeyTtlMaxSeconds);

    public static void Name(string field, string name)
    {
        ArgumentNullException.ThrowIfNull(name, field);
        if (Names.CheckName(field, name) is { } wrong) throw new InvalidArgumentException(wrong);
    }

    public static void Value(ReadOnlySpan<byte> value)
    {
        if (value.Length > Limits.ValueBytes) throw new InvalidArgumentException($"value has {value.Length} bytes; the limit is {Limits.ValueBytes}");
    }

    public static void Id(string field, string? id)
    {
        if (string.IsNullOrEmpty(id)) throw new InvalidArgumentException($"{field} must not be empty");
        if (Names.CheckId(field, id) is { } wrong) throw new InvalidArgumentException(wrong);
    }

    public static void Lifetime(TimeSpan? ttl, SessionId? session)
    {
        if (ttl is { } time && (time < ShortestTtl || time > LongestTtl)) throw new InvalidArgumentException($"ttl is {time}; it must be 1 ms to 365 days");
        if (session is { } id) Id("session", id.Text);
    }

    public static void Wait(string field, TimeSpan wait)
    {
        if (wait < TimeSpan.Zero && wait != Timeout.InfiniteTimeSpan) throw new InvalidArgumentException($"{field} is {wait}; it must not be negative (but may be infinite)");
    }
}
