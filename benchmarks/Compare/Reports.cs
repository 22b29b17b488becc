using System.Globalization;
using System.Text;
using System.Text.Json;
using AkkaHa.Compare.Sqlite;
using AkkaHa.Compare.Systems;
using AkkaHa.Load;

namespace AkkaHa.Compare;

/// <summary>What was found, for people and for programs.</summary>
internal static class Reports
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task WriteAsync(Findings findings, CancellationToken ct)
    {
        var text = Text(findings);
        Console.WriteLine(text);
        if (findings.Options.Results is { } results) await File.WriteAllTextAsync(results, text, ct);
        if (findings.Options.Json is { } json) await File.WriteAllTextAsync(json, ToJson(findings), ct);
    }

    public static string ToJson(Findings findings) => JsonSerializer.Serialize(
        // A system that ran in several phases has the row of the first, in which the most others ran beside it.
        findings.Cells.SelectMany(c => findings.Rows(c)).Where(r => r.Phase == findings.PhaseOf(r.System)).Select(r => new
        {
            Workload = r.Cell.Workload.Name, r.Cell.Clients, r.System, OpsPerSecond = Math.Round(r.PerSecond.Median, 1), r.P50Ms, r.P99Ms, r.P999Ms, r.Errors, CpuMicrosPerOp = Math.Round(r.CpuMicrosPerOperation, 1),
            LowestOpsPerSecond = Math.Round(r.PerSecond.Lowest, 1), HighestOpsPerSecond = Math.Round(r.PerSecond.Highest, 1), MemoryMiB = Math.Round(r.MemoryMiB, 1),
            TimesEtcd = r.System == SystemNames.Etcd ? null : Compare.Ratio.Of(findings.Samples, r.Cell, r.System, SystemNames.Etcd)?.Times,
        }),
        Json);

    public static string Text(Findings findings)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# AkkaHa beside its peers");
        Line($"");
        Line($"Written by `benchmarks/compare.sh{(findings.Options.Quick ? " --quick" : "")}`; what it does, and what the figures mean: [performance](../docs/performance.md). A higher ratio is better for AkkaHa.");
        if (findings.Options.Quick) Line($"A quick run: measurements of {findings.Options.Time.TotalSeconds:0.#} s, each {findings.Options.Pairs} times. The spread says how far to trust it.");
        Line($"");
        Line($"- {findings.StartedAt:yyyy-MM-dd HH:mm} UTC, commit {Machine.Commit}, {findings.Options.Pairs} measurements of {findings.Options.Time.TotalSeconds:0.#} s for each figure, by turns");
        Line($"- {Machine.Processor}, {Machine.Cores} cores for the servers and the clients together, {Machine.MemoryGiB:0} GiB; {Machine.System}; {Machine.Runtime}; load of the machine before: {findings.LoadBefore:0.0}; {findings.Options.Scheduling}");
        Line($"");
        if (findings.Systems.Count > 0) Presences(findings, Line);
        Ratios(findings, Line);
        HotLock(findings, Line);
        SqliteJournal(findings, Line);
        foreach (var workload in findings.Cells.Select(c => c.Workload).Distinct()) Rows(findings, workload, Line);
        return text.ToString();
    }

    private static void Presences(Findings findings, Action<FormattableString> line)
    {
        line($"| system | version | an acknowledged write is | memory, most, MiB | CPU when idle, cores |");
        line($"|---|---|---|---|---|");
        foreach (var (name, presence) in findings.Systems)
            line($"| {name} | {presence.Version} | {presence.Promise} | {findings.Samples.Where(s => s.System == name).Max(s => s.MemoryMiB):N0} | {presence.IdleCores:0.00} |");
        line($"");
    }

    private static void Ratios(Findings findings, Action<FormattableString> line)
    {
        string[] ours = [.. findings.Systems.Keys.Where(s => s.StartsWith(SystemNames.AkkaHa, StringComparison.Ordinal))];
        if (ours.Length == 0 || !findings.Systems.ContainsKey(SystemNames.Etcd)) return;
        line($"## Operations a second, in etcd's: median of the pairs (lowest – highest)");
        line($"");
        line($"p99: AkkaHa's in etcd's; below 1 is better. A dash: one of the two had errors, or nothing to time.");
        line($"");
        line($"| workload | clients |{string.Concat(ours.Select(o => $" {o} | p99 |"))} floor | goal |");
        line($"|---|---|{string.Concat(ours.Select(_ => "---|---|"))}---|---|");
        foreach (var cell in findings.Cells)
        {
            var goal = Goal.All.FirstOrDefault(g => g.Workload == cell.Workload.Name && g.Clients == cell.Clients);
            line($"| {cell.Workload.Name} | {cell.Clients} |{string.Concat(ours.Select(o => Ratio(findings, cell, o)))} {goal?.Floor} | {goal?.Aim} |");
        }
        line($"");
    }

    private static string Ratio(Findings findings, Cell cell, string system)
    {
        if (Compare.Ratio.Of(findings.Samples, cell, system, SystemNames.Etcd) is not { } ratio) return " – | – |";
        var phase = findings.PhaseOf(system);
        var (p99, etcdsP99) = (findings.Row(cell, system, phase)!.P99Ms, findings.Row(cell, SystemNames.Etcd, phase)!.P99Ms);
        // All that it did in a measurement may have been asked before.
        var times = p99 > 0 && etcdsP99 > 0 ? (p99 / etcdsP99).ToString("0.0", CultureInfo.InvariantCulture) : "–";
        return string.Create(CultureInfo.InvariantCulture, $" **{ratio.Times.Median:0.00}** ({ratio.Times.Lowest:0.00} – {ratio.Times.Highest:0.00}) | {times} |");
    }

    /// <summary>What more clients do to one lock.</summary>
    private static void HotLock(Findings findings, Action<FormattableString> line)
    {
        var (few, many) = (findings.Cells.FirstOrDefault(c => c is { Workload.Name: "hot-lock", Clients: 8 }), findings.Cells.FirstOrDefault(c => c is { Workload.Name: "hot-lock", Clients: 64 }));
        if (few is null || many is null) return;
        line($"## One hot lock, 64 clients");
        line($"");
        line($"| system | p99.9 in medians (aim: 3 at most) | throughput in that with 8 clients (aim: 0.5 at least) |");
        line($"|---|---|---|");
        foreach (var system in findings.Systems.Keys)
            if (findings.Row(few, system, findings.PhaseOf(system)) is { Errors: 0 } with8 && findings.Row(many, system, findings.PhaseOf(system)) is { Errors: 0 } with64)
                line($"| {system} | {with64.P999Ms / with64.P50Ms:0.0} | {with64.PerSecond.Median / with8.PerSecond.Median:0.00} |");
        line($"");
    }

    /// <summary>What the journal adds to SQLite.</summary>
    private static void SqliteJournal(Findings findings, Action<FormattableString> line)
    {
        if (findings.Sqlite.Count == 0) return;
        line($"## {SqliteRounds.Workload}: events a second of {SqliteRounds.Entities} entities, the journal of one process and nothing else");
        line($"");
        line($"Beside SQLite itself, as durable (WAL, synchronous=FULL), {SqliteRounds.Entities} rows of the same bytes in a transaction. Floor {SqliteRounds.Floor}, goal {SqliteRounds.Aim}, in SQLite's.");
        line($"");
        line($"| | a second, median (lowest – highest) | the journal, in its |");
        line($"|---|---|---|");
        void Row(string name, Func<SqliteRound, double> of) => line($"| {name} | {Text(findings.Sqlite.Select(of), "N0")} | **{Text(findings.Sqlite.Select(r => r.Journal / of(r)), "0.00", "** ")} |");
        line($"| the journal | {Text(findings.Sqlite.Select(r => r.Journal), "N0")} | |");
        Row("SQLite with the index that a journal has", r => r.Raw);
        Row("SQLite without an index", r => r.Plain);
        line($"");
    }

    private static string Text(IEnumerable<double> figures, string format, string after = " ")
    {
        var spread = Spread.Of(figures);
        string Figure(double figure) => figure.ToString(format, CultureInfo.InvariantCulture);
        return $"{Figure(spread.Median)}{after}({Figure(spread.Lowest)} – {Figure(spread.Highest)})";
    }

    private static void Rows(Findings findings, Workload workload, Action<FormattableString> line)
    {
        line($"## {workload.Name}: {workload.What}");
        line($"");
        line($"| clients | system | a second, median (lowest – highest) | p50 ms | p99 ms | p99.9 ms | CPU of the system, µs each | errors |");
        line($"|---|---|---|---|---|---|---|---|");
        foreach (var row in findings.Cells.Where(c => c.Workload == workload).SelectMany(findings.Rows))
        {
            var errors = row.FirstError is null ? $"{row.Errors}" : $"{row.Errors}: {row.FirstError.Split('\n')[0]}";
            line($"| {row.Cell.Clients} | {findings.LabelOf(row)} | {row.PerSecond.Median:N0} ({row.PerSecond.Lowest:N0} – {row.PerSecond.Highest:N0}) | {row.P50Ms:0.00} | {row.P99Ms:0.00} | {row.P999Ms:0.00} | {row.CpuMicrosPerOperation:N0} | {errors} |");
        }
        line($"");
    }
}
