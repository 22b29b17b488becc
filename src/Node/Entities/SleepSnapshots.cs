using System.Threading.RateLimiting;

namespace AkkaHa.Node.Entities;

/// <summary>
/// How many entities of a node may take a snapshot before they sleep: whoever reads many keys once has them all sleep two minutes later, and each snapshot is a commit of its own. The others sleep without; they had to be
/// read row by row this time, and will be next time.
/// </summary>
internal sealed class SleepSnapshots : IDisposable
{
    private const int PerSecond = 20;

    private readonly TokenBucketRateLimiter limiter = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = PerSecond, TokensPerPeriod = PerSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), AutoReplenishment = false, QueueLimit = 0,
    });

    /// <summary>Whether one more may now.</summary>
    public bool TryTake()
    {
        limiter.TryReplenish();
        using var lease = limiter.AttemptAcquire();
        return lease.IsAcquired;
    }

    public void Dispose() => limiter.Dispose();
}
