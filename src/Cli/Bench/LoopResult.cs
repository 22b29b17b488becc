using HdrHistogram;

namespace AkkaHa.Cli.Bench;

/// <summary>What a run of <see cref="ClosedLoop"/> gave.</summary>
/// <param name="Clients">So many asked.</param>
/// <param name="Time">For so long.</param>
/// <param name="Done">So many operations were done.</param>
/// <param name="Errors">How many were not, by what they failed with.</param>
/// <param name="Latency">How long those took that were asked in that time and done then or later, in microseconds.</param>
public sealed record LoopResult(int Clients, TimeSpan Time, long Done, IReadOnlyDictionary<string, long> Errors, HistogramBase Latency)
{
    /// <summary>Operations a second.</summary>
    public double PerSecond => Time > TimeSpan.Zero ? Done / Time.TotalSeconds : 0;

    /// <summary>The time that so many percent of the operations did not exceed; null: none was timed.</summary>
    public TimeSpan? Percentile(double percent) => Latency.TotalCount == 0 ? null : TimeSpan.FromMicroseconds(Latency.GetValueAtPercentile(percent));
}
