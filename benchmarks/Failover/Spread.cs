namespace AkkaHa.Failover;

/// <summary>Several times in three.</summary>
internal sealed record Spread(TimeSpan Median, TimeSpan P90, TimeSpan Worst)
{
    public static Spread Of(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToArray();
        return new Spread(At(sorted, 0.5), At(sorted, 0.9), sorted[^1]);
    }

    // The nearest rank: a time that was measured, and of two in the middle the longer.
    private static TimeSpan At(TimeSpan[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
