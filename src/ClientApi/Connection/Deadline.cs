namespace AkkaHa.ClientApi.Connection;

/// <summary>A moment in monotonic time, or never.</summary>
internal sealed class Deadline(TimeSpan after, TimeProvider time)
{
    private readonly long _from = time.GetTimestamp();

    /// <summary>What is left; never negative, and the greatest there is when it is never.</summary>
    public TimeSpan Left
    {
        get
        {
            if (after == Timeout.InfiniteTimeSpan) return TimeSpan.MaxValue;
            var left = after - time.GetElapsedTime(_from);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
