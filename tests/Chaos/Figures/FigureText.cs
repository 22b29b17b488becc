using System.Globalization;
using AkkaHa.Chaos.Nemeses;

namespace AkkaHa.Chaos.Figures;

/// <summary>The figures as they are printed, and stand in docs/guarantees.md.</summary>
static class FigureText
{
    public static IEnumerable<string> Of(RunFigures f)
    {
        yield return Text($"{f.Runs} run{(f.Runs == 1 ? "" : "s")}, {f.Minutes:0.#} minutes of faults, seed{(f.Runs == 1 ? "" : "s")} {string.Join(' ', f.Seeds)}");
        yield return "";
        yield return "| figure | |";
        yield return "|---|---|";
        yield return Text($"| acknowledged operations | {f.Acknowledged:N0} |");
        yield return Text($"| failed (certainly not done) | {f.Failed:N0} |");
        yield return Text($"| unknown | {f.Unknown:N0} |");
        yield return Text($"| acknowledged during a fault or within 5 s after | {Part(f.NearFault, f.Acknowledged)} |");
        yield return Text($"| faults | {f.Nemeses.Values.Sum():N0} |");
        yield return Text($"| faults that hit an owner of something in use | {Part(f.HotFaults, f.AimedFaults)} of {f.AimedFaults:N0} that hit certain nodes |");
        yield return Text($"| violations | {f.ViolationCount:N0} |");
        yield return "";
        yield return "| nemesis | times | | work | acknowledged | longest time without |";
        yield return "|---|---|---|---|---|---|";
        var nemeses = Nemesis.All.Where(n => f.Nemeses.ContainsKey(n.Name)).Select(n => $"{n.Name} | {f.Nemeses[n.Name]}").ToArray();
        var work = f.Workloads.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => Text($"{w.Key} | {w.Value.Acknowledged:N0} | {w.Value.LongestGapSeconds:0.0} s")).ToArray();
        for (var i = 0; i < Math.Max(nemeses.Length, work.Length); i++)
            yield return $"| {(i < nemeses.Length ? nemeses[i] : " | ")} | | {(i < work.Length ? work[i] : " | | ")} |";
        if (f.ViolationCount == 0) yield break;
        yield return "";
        yield return "| broken promise | times |";
        yield return "|---|---|";
        foreach (var (promise, times) in f.Violations.OrderByDescending(v => v.Value)) yield return Text($"| {promise} | {times:N0} |");
    }

    private static string Part(long part, long whole) => whole == 0 ? "none" : Text($"{100.0 * part / whole:0.0} %");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
