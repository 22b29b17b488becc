using AkkaHa.Core.Entities;

namespace AkkaHa.Node.Entities;

/// <summary>This node's clocks.</summary>
internal static class NodeClock
{
    public static Moment Now() => new(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), Environment.TickCount64);
}
