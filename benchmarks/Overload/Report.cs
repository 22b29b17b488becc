using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace AkkaHa.Overload;

/// <summary>Something that must hold.</summary>
internal sealed record Bound(string What, double? Value, double AtMost)
{
    public bool Holds => Value <= AtMost;
}

/// <summary>The figures, and whether the bounds hold for the run in which the nodes refuse.</summary>
internal sealed record Report(DateTimeOffset At, int Processors, string Provider, bool Repeats, double Sustained, IReadOnlyList<Run> Runs, IReadOnlyList<Bound> Bounds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Report Of(OverloadOptions options, int processors, double sustained, IReadOnlyList<Run> runs)
    {
        var shedding = runs[0];
        var overload = shedding.Phases[1];
        Bound[] bounds =
        [
            new("sessions lost", shedding.SessionsLost, 0),
            new("p99 of accepted calls in the overload, ms", overload.P99, 1000),
            new("calls without an answer in the overload, % of those offered", 100 * overload.GivenUp / Math.Max(1, overload.Offered * overload.Seconds), 1),
            new("seconds until p99 is what it was", shedding.SecondsUntilCalm, 5),
        ];
        return new Report(DateTimeOffset.UtcNow, processors, options.Provider, options.Repeat, sustained, runs, bounds);
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public void Print(IAnsiConsole console)
    {
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        var table = new Table().Border(TableBorder.Markdown);
        foreach (var column in (string[])["refusing", "phase", "offered /s", "accepted /s", "shed /s", "given up", "p50 ms", "p99 ms", "p99.9 ms", "keepalive p99 ms", "worst ms", "sender late ms"]) table.AddColumn(column);
        foreach (var run in Runs)
            foreach (var p in run.Phases)
                table.AddRow([run.Sheds ? "on" : "off", p.Name, .. new[] { p.Offered, p.Accepted, p.Shed.Values.Sum(), p.GivenUp, p.P50, p.P99, p.P999, p.KeepAliveP99, p.KeepAliveWorst, p.SenderLateMs }.Select(N)]);
        console.Write(table);
        foreach (var p in Runs.SelectMany(r => r.Phases).Where(p => p.Shed.Values.Sum() >= 1))
            console.WriteLine($"{p.Name}: refused a second for {string.Join(", ", p.Shed.OrderByDescending(s => s.Value).Select(s => $"{s.Key} {N(s.Value)}"))}");
        foreach (var run in Runs)
            console.WriteLine($"refusing {(run.Sheds ? "on" : "off")}: {run.SessionsLost} of {run.Sessions} sessions lost; p99 is what it was {(run.SecondsUntilCalm is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s:0.00} s after the overload") : "not again in the time watched")}");
        foreach (var bound in Bounds)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(bound.Holds ? "holds " : "BROKEN")}  {bound.What}: {bound.Value:0.##} (at most {bound.AtMost})"));
    }

    private static string N(double value) => value.ToString(value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
