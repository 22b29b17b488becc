namespace AkkaHa.ClientApi.Connection;

/// <summary>
/// Pauses that double up to a bound, each a random part of its bound so that clients that failed together do not come back together.
/// Source: "Exponential Backoff And Jitter" (full jitter, but at least half), AWS Architecture Blog, 2015.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan _bound = first;

    public TimeSpan Next()
    {
        var pause = _bound * (0.5 + (Random.Shared.NextDouble() / 2));
        _bound = _bound * 2 < longest ? _bound * 2 : longest;
        return pause;
    }
}
