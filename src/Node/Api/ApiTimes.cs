using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Api;

/// <summary>How long the edge waits for an entity.</summary>
internal static class ApiTimes
{
    /// <summary>For a command that does not wait for anything by itself.</summary>
    public static readonly TimeSpan Ask = TimeSpan.FromSeconds(5);

    /// <summary>For a command that may itself wait (for a lock, for a decision): that long, and then as for any other.</summary>
    public static TimeSpan AskAfter(double seconds) => TimeSpan.FromSeconds(seconds) + Ask;

    /// <summary>What UNAVAILABLE tells callers to wait before they try again: about as long as a shard takes to change hands. HTTP knows whole seconds only, and says 1.</summary>
    public static readonly TimeSpan RetryHint = TimeSpan.FromMilliseconds(50);

    /// <summary>The hint of this refusal.</summary>
    public static TimeSpan HintOf(Failure failure) => failure.RetryAfterMs > 0 ? TimeSpan.FromMilliseconds(failure.RetryAfterMs) : RetryHint;
}
