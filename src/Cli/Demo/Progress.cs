using Spectre.Console;
using Spectre.Console.Rendering;

namespace AkkaHa.Cli.Demo;

/// <summary>How the workers are doing at the moment: as a table, or as one line.</summary>
sealed class Progress(Screen screen, Workload workload)
{
    // Who waits longer than this is called stalled.
    static readonly TimeSpan Stalled = TimeSpan.FromMilliseconds(500);

    readonly Dictionary<WorkerKind, (int Total, TimeSpan At, double Rate)> last = workload.Kinds.ToDictionary(k => k, _ => (0, screen.Elapsed, 0.0));

    /// <summary>For a terminal.</summary>
    public IRenderable Picture()
    {
        var table = screen.Table("", "done", "per second", "the slowest waits for");
        foreach (var kind in workload.Kinds)
            table.AddRow(new Text(kind.Name), new Text($"{kind.Total:N0}"), new Text($"{RateOf(kind):N0}"), new Text(Wait.Of(kind.Waiting), new Style(kind.Waiting > Stalled ? Color.Red : Color.Default)));
        return table;
    }

    /// <summary>For a file or a pipe.</summary>
    public string Line()
    {
        var work = string.Join(", ", new[] { workload.Transfers, workload.Increments }.Select(k => $"{k.Total,6:N0} {k.Name} ({RateOf(k):N0}/s)"));
        var stalled = workload.Kinds.Where(k => k.Waiting > Stalled).Select(k => $"{k.Name} {Wait.Of(k.Waiting)}").ToList();
        return $"{screen.Elapsed.TotalSeconds,6:0.0} s  {work}{(stalled.Count > 0 ? "; waiting: " + string.Join(", ", stalled) : "")}";
    }

    /// <summary>Of about the last second.</summary>
    double RateOf(WorkerKind kind)
    {
        var (total, now, before) = (kind.Total, screen.Elapsed, last[kind]);
        if (now - before.At >= TimeSpan.FromSeconds(1)) before = (total, now, (total - before.Total) / (now - before.At).TotalSeconds);
        last[kind] = before;
        return before.Rate;
    }
}
