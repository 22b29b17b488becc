namespace AkkaHa.ClientApi;

/// <summary>How a watch deals with breaks.</summary>
public sealed record WatchOptions
{
    private static readonly TimeSpan ShortestSilence = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(10);

    /// <summary>
    /// A node that is silent for this long, heartbeats included, is taken for dead: the watch goes on at another. 100 ms to 10 min; default 10 s.
    /// Below the interval of the nodes' heartbeats it never rests.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long no node at all may serve the watch before it throws <see cref="UnavailableException"/>. Default: <see cref="Timeout.InfiniteTimeSpan"/>, it tries until it is cancelled.
    /// Whoever wants to know of shorter breaks sets it, catches that, and watches on from the last position.
    /// </summary>
    public TimeSpan GiveUpAfter { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Told after each heartbeat how far the watch has come: everything before is handled, since the next event was asked for. Keep that position, and a watch that
    /// seldom sees an event need not fall behind what the cluster keeps. Called by the one who enumerates; what it throws ends the enumeration.
    /// </summary>
    public Action<WatchPosition>? Progress { get; init; }

    internal void Check()
    {
        if (SilenceTimeout < ShortestSilence || SilenceTimeout > LongestSilence)
            throw new InvalidArgumentException($"SilenceTimeout is {SilenceTimeout}; it must be 100 ms to 10 min");
        if (GiveUpAfter <= TimeSpan.Zero && GiveUpAfter != Timeout.InfiniteTimeSpan)
            throw new InvalidArgumentException($"GiveUpAfter is {GiveUpAfter}; it must be above zero, or infinite");
    }
}
