using AkkaHa.Cli.Local;
using Spectre.Console;

namespace AkkaHa.Cli.Demo;

/// <summary>The figures of a run.</summary>
static class ResultTables
{
    /// <summary>How much was done, and what was answered otherwise.</summary>
    public static void PrintWork(Screen screen, Workload workload, TimeSpan calm)
    {
        var table = screen.Table("", "acknowledged", "before the kill", "after it", "per second in calm", "other answers, by code");
        foreach (var kind in workload.Kinds)
        {
            table.AddRow(
                kind.Name, $"{kind.Total:N0}", $"{kind.Before:N0}", $"{kind.After:N0}", $"{kind.CalmCount / calm.TotalSeconds:N0}",
                kind.Refusals.Count == 0 ? "none" : string.Join(", ", kind.Refusals.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key} {r.Value:N0}")));
        }
        screen.Show(table);
    }

    /// <summary>Who stalled, when and how long.</summary>
    public static void PrintWaits(Screen screen, Workload workload, NodeProcess victim)
    {
        screen.Say("The longest time that one of them was without a success:");
        var table = screen.Table("", "workers", "in calm", "lock holder paused", $"{victim.Name} killed", $"{victim.Name} back");
        foreach (var kind in workload.Kinds)
        {
            table.AddRow([
                kind == workload.Probes[victim] ? $"{kind.Name} (killed)" : kind.Name, $"{kind.Lanes.Count}",
                .. Enum.GetValues<DemoPhase>().Select(phase => Wait.Of(kind.LongestWait(phase))),
            ]);
        }
        screen.Show(table);
    }
}
