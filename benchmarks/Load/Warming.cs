namespace AkkaHa.Load;

/// <summary>A server runs for months, and is measured for seconds: what it compiles while it runs is to be compiled by then.</summary>
public static class Warming
{
    private const int RoundsAtLeast = 2;
    private const int RoundsAtMost = 8;
    private const double Faster = 1.1;

    /// <summary>Works until it is no faster than it was.</summary>
    /// <param name="round">Works for a while; calls a second.</param>
    public static async Task RunAsync(Func<Task<double>> round)
    {
        var best = 0.0;
        for (var rounds = 1; rounds <= RoundsAtMost; rounds++)
        {
            var perSecond = await round();
            if (rounds >= RoundsAtLeast && perSecond < Faster * best) return;
            best = Math.Max(best, perSecond);
        }
    }
}
