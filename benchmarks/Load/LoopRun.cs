using AkkaHa.Cli.Bench;
using HdrHistogram;

namespace AkkaHa.Load;

/// <summary>What a <see cref="ClosedLoop"/> did in the time that counts.</summary>
/// <param name="result">Of the loop.</param>
/// <param name="errors">Operations that failed, the warm-up's too.</param>
/// <param name="firstError">The first of them.</param>
public sealed class LoopRun(LoopResult result, long errors, string? firstError)
{
    /// <summary>How long it counted.</summary>
    public TimeSpan Time => result.Time;

    /// <summary>Operations that succeeded.</summary>
    public long Count => result.Done;

    /// <summary>Operations that did not, the warm-up's too.</summary>
    public long Errors => errors;

    /// <summary>The first of them.</summary>
    public string? FirstError => firstError;

    /// <summary>Successes a second.</summary>
    public double PerSecond => result.PerSecond;

    /// <summary>How long those took that were asked in that time and succeeded then or later, in microseconds.</summary>
    public HistogramBase Micros => result.Latency;
}
