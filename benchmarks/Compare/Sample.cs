using AkkaHa.Load;
using HdrHistogram;

namespace AkkaHa.Compare;

/// <summary>One line of a table.</summary>
internal sealed record Cell(Workload Workload, int Clients)
{
    private const int ClientsOfIssueFive = 8;

    /// <summary>All that a run measures.</summary>
    public static IReadOnlyList<Cell> Of(CompareOptions options)
    {
        var workloads = Workload.All.Where(w => options.Workloads?.Contains(w.Name) ?? w.Name != Workload.Checked);
        return [.. workloads.SelectMany(w => ClientsOf(w, options).Select(c => new Cell(w, c)))];
    }

    private static IEnumerable<int> ClientsOf(Workload workload, CompareOptions options)
    {
        if (options.Clients is { } chosen) return chosen;
        if (workload.Name == "hot-lock") return options.Quick ? [ClientsOfIssueFive, 64] : [1, ClientsOfIssueFive, 16, 64, 256];
        var isInTable = workload.Name is "put" or "get" or "lock" or "transfer";
        return options.Quick ? isInTable ? [1, 64] : [64] : isInTable ? [1, 16, 64, 256, 1024] : [1, 16, 64, 256];
    }
}

/// <summary>One measurement.</summary>
/// <param name="Phase">Which systems ran side by side.</param>
/// <param name="Cell">What was done.</param>
/// <param name="System">By whom.</param>
/// <param name="Round">The how-many-eth.</param>
/// <param name="Run">What the clients saw.</param>
/// <param name="CpuMicros">CPU time of the system's processes.</param>
/// <param name="MemoryMiB">Their memory after it.</param>
internal sealed record Sample(int Phase, Cell Cell, string System, int Round, LoopRun Run, double CpuMicros, double MemoryMiB)
{
    public double CpuMicrosPerOperation => CpuMicros / Math.Max(1, Run.Count);
}

/// <summary>The median of some figures, and how far they were apart.</summary>
internal sealed record Spread(double Median, double Lowest, double Highest)
{
    public static Spread Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        var middle = sorted.Length / 2;
        return new Spread(sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1]);
    }
}

/// <summary>All measurements of one system in one cell of one phase.</summary>
internal sealed record Row(int Phase, Cell Cell, string System, Spread PerSecond, double P50Ms, double P99Ms, double P999Ms, double CpuMicrosPerOperation, double MemoryMiB, long Errors, string? FirstError)
{
    public static Row Of(IReadOnlyList<Sample> samples)
    {
        var all = new LongHistogram(1, TimeSpan.FromMinutes(2).Ticks / TimeSpan.TicksPerMicrosecond, 3);
        foreach (var sample in samples) all.Add(sample.Run.Micros);
        return new Row(
            samples[0].Phase, samples[0].Cell, samples[0].System, Spread.Of(samples.Select(s => s.Run.PerSecond)), Ms(all, 50), Ms(all, 99), Ms(all, 99.9), Spread.Of(samples.Select(s => s.CpuMicrosPerOperation)).Median,
            samples.Max(s => s.MemoryMiB), samples.Sum(s => s.Run.Errors), samples.Select(s => s.Run.FirstError).FirstOrDefault(e => e is not null));
    }

    private static double Ms(LongHistogram micros, double percentile) => micros.TotalCount == 0 ? 0 : micros.GetValueAtPercentile(percentile) / 1000.0;
}

/// <summary>How one system does in units of another, measured by turns.</summary>
internal sealed record Ratio(Cell Cell, string System, string To, Spread Times)
{
    /// <summary>Null where one of them had errors, or did nothing: such a ratio would say nothing.</summary>
    public static Ratio? Of(IReadOnlyList<Sample> samples, Cell cell, string system, string to)
    {
        var pairs = samples.Where(s => s.Cell == cell && s.System == system)
            .Select(s => (One: s, Other: samples.FirstOrDefault(o => o.Cell == cell && o.System == to && o.Phase == s.Phase && o.Round == s.Round))).Where(p => p.Other is not null).ToArray();
        if (pairs.Length == 0 || pairs.Any(p => p.One.Run.Errors > 0 || p.Other!.Run.Errors > 0 || p.Other.Run.Count == 0)) return null;
        return new Ratio(cell, system, to, Spread.Of(pairs.Select(p => p.One.Run.PerSecond / p.Other!.Run.PerSecond)));
    }
}
