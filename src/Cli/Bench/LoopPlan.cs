namespace AkkaHa.Cli.Bench;

/// <summary>A run of <see cref="ClosedLoop"/>.</summary>
/// <param name="Clients">So many ask at the same time.</param>
/// <param name="WarmUp">What is answered before is not counted.</param>
/// <param name="Time">For how long is counted.</param>
public sealed record LoopPlan(int Clients, TimeSpan WarmUp, TimeSpan Time)
{
    /// <summary>Called when the warm-up is over.</summary>
    public Action? MeasuringBegins { get; init; }

    /// <summary>Called when the time is over, and what is under way is not answered yet.</summary>
    public Action? MeasuringEnds { get; init; }

    /// <summary>Called each second with what has gone by of the time, and how many are done.</summary>
    public Action<TimeSpan, long>? Progress { get; init; }
}
