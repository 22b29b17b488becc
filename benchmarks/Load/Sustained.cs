using System.Globalization;

namespace AkkaHa.Load;

/// <summary>
/// What a target can bear of a load that does not wait for answers. Clients that wait are a lighter load: they gather behind the target, which then does many of their calls
/// at once, so that it seems to do twice as many as it can when each comes in its own time.
/// </summary>
public static class Sustained
{
    private const double FirstRate = 1000;
    private const double Step = 1.15;
    private const double MostRate = 50_000;

    /// <summary>A rate is borne as long as no more calls wait than come in this time, in the mean of the looks at it.</summary>
    private static readonly TimeSpan QueueAtMost = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>What is compiled just then, or a neighbour's work, is not the target's limit: a rate is given up only when it was too much so often in a row.</summary>
    private const int Tries = 3;

    /// <summary>The highest of a row of rates, each 15 % above the one before, that is borne; calls a second. 0: not even the first.</summary>
    /// <param name="target">Whom.</param>
    /// <param name="lanes">What; the answers go there.</param>
    /// <param name="say">Told of each rate that was too much, and why.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<double> MeasureAsync(IKeyTarget target, LaneSet lanes, Action<string>? say = null, CancellationToken ct = default)
    {
        var borne = 0.0;
        for (var rate = FirstRate; rate <= MostRate; rate *= Step)
        {
            for (var attempt = 1; await TooMuchAsync(target, lanes, rate, ct) is { } why; attempt++)
            {
                say?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{rate:0} calls a second: {why}"));
                if (attempt == Tries) return borne;
            }
            borne = rate;
        }
        return borne;
    }

    /// <summary>Null: it is borne.</summary>
    private static async Task<string?> TooMuchAsync(IKeyTarget target, LaneSet lanes, double rate, CancellationToken ct)
    {
        await using var load = new OpenLoop(target, lanes, rate, seed: 1);
        await Task.Delay(Settle, ct);
        load.TakeLateness();
        var (from, looks, waiting) = (TimeProvider.System.GetTimestamp(), 0, 0L);
        while (TimeProvider.System.GetElapsedTime(from) < Time)
        {
            await Task.Delay(LookEvery, ct);
            looks++;
            waiting += load.Outstanding;
        }
        // Who refuses some has no queue, and yet does not bear it.
        if (lanes.All.Sum(l => l.FailuresDue(from, TimeProvider.System.GetTimestamp())) is > 0 and var failed) return $"{failed} failed";
        if (waiting / (double)looks is var mean && mean > rate * QueueAtMost.TotalSeconds) return string.Create(CultureInfo.InvariantCulture, $"{mean:0} waited in the mean");
        return load.TakeLateness() is var late && late > QueueAtMost ? string.Create(CultureInfo.InvariantCulture, $"the sender was {late.TotalMilliseconds:0} ms late") : null;
    }
}
