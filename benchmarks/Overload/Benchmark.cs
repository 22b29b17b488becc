using System.Globalization;
using AkkaHa.Load;
using Spectre.Console;

namespace AkkaHa.Overload;

/// <summary>A whole run: what the cluster can do, the three phases, and the same three where nothing is refused.</summary>
internal static class Benchmark
{
    public static async Task<int> RunAsync(SchedulerGroup group, OverloadOptions options, CancellationToken ct)
    {
        var processors = Environment.ProcessorCount;
        var sustained = (double?)options.Rate;
        var runs = new List<Run>();
        foreach (var shed in options.SkipOff ? (bool[])[true] : [true, false])
        {
            await using var cluster = await OverloadedCluster.StartAsync(group, options, shed, processors, ct);
            if (options.KeepLogs) Console.WriteLine($"The nodes' logs are in {cluster.LogDirectory}");
            if (sustained is null)
            {
                sustained = await Sustained.MeasureAsync(cluster.Target, cluster.Lanes, Console.WriteLine, ct);
                if (sustained == 0) throw new InvalidOperationException("the cluster does not bear the lowest rate that is tried; name one with --rate");
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The cluster bears {sustained:0} calls a second, half of them writes, on {processors - 1} processors, with the load on one of its own."));
            }
            runs.Add(await Run.OfAsync(cluster, options, shed, sustained.Value, ct));
        }
        var report = Report.Of(options, processors, sustained!.Value, runs);
        report.Print(AnsiConsole.Console);
        if (options.Json is { } file) await File.WriteAllTextAsync(file, report.ToJson(), ct);
        return report.Bounds.All(b => b.Holds) ? 0 : 1;
    }
}
