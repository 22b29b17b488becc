using System.Globalization;

namespace AkkaHa.Cli.Bench;

/// <summary>Results of <c>akkaha bench</c>, for people and for programs.</summary>
static class BenchOutput
{
    public static readonly string[] Columns = ["workload", "clients", "a second", "p50", "p99", "p99.9", "longest", "errors"];

    public static string[] Row(string workload, LoopResult result) =>
    [
        workload, result.Clients.ToString(CultureInfo.InvariantCulture), result.PerSecond.ToString("N0", CultureInfo.InvariantCulture),
        Text(result.Percentile(50)), Text(result.Percentile(99)), Text(result.Percentile(99.9)), Text(result.Percentile(100)),
        result.Errors.Count == 0 ? "-" : string.Join(", ", result.Errors.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Value} {e.Key}"))),
    ];

    public static object Of(string workload, LoopResult result) => new
    {
        workload, clients = result.Clients, seconds = Math.Round(result.Time.TotalSeconds, 3), done = result.Done, perSecond = Math.Round(result.PerSecond, 1),
        p50Ms = result.Percentile(50)?.TotalMilliseconds, p99Ms = result.Percentile(99)?.TotalMilliseconds, p999Ms = result.Percentile(99.9)?.TotalMilliseconds,
        maxMs = result.Percentile(100)?.TotalMilliseconds, errors = result.Errors,
    };

    static string Text(TimeSpan? time) => time is { } some ? string.Create(CultureInfo.InvariantCulture, $"{some.TotalMilliseconds:0.00} ms") : "-";
}
