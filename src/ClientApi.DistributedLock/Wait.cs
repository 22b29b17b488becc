namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>Timeouts as DistributedLock.Core takes them: null or -1 ms for ever, 0 not at all, else up to <see cref="int.MaxValue"/> ms.</summary>
internal static class Wait
{
    /// <summary>As the client takes them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another negative one, or one that is too long.</exception>
    public static TimeSpan Of(TimeSpan? timeout)
    {
        if (timeout is not { } time) return Timeout.InfiniteTimeSpan;
        var milliseconds = (long)time.TotalMilliseconds;
        if (milliseconds is < -1 or > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(timeout), time, $"It must be Timeout.InfiniteTimeSpan, or 0 to {TimeSpan.FromMilliseconds(int.MaxValue)}.");
        return TimeSpan.FromMilliseconds(milliseconds);
    }
}
