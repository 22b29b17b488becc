using System.Globalization;
using AkkaHa.Compare.Sqlite;
using AkkaHa.Compare.Systems;
using AkkaHa.Load;

namespace AkkaHa.Compare;

/// <summary>
/// A whole run. AkkaHa's clusters never run beside one another, for what they do when nobody asks them would be in the others' way: one phase for each, with etcd again in each, and
/// the rest in the first. Within a phase every cell is measured A B A B.
/// </summary>
internal static class Comparison
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(2);

    private const int WarmClients = 64;

    public static async Task<int> RunAsync(CompareOptions options, CancellationToken ct)
    {
        var cells = Cell.Of(options);
        var phases = cells.Count == 0 ? [] : Phases(options.Systems);
        var findings = new Findings(options, cells, phases);
        var peers = new Dictionary<string, ISystem>();
        try
        {
            for (var phase = 0; phase < phases.Count; phase++)
            {
                var own = new List<ISystem>();
                var inTurn = new List<ISystem>();
                try
                {
                    // They start beside one another: nothing is measured yet.
                    var started = await StartAllAsync([.. phases[phase].Where(name => !peers.ContainsKey(name))], cells, ct);
                    own.AddRange(started.Where(s => IsAkkaHa(s.Name)));
                    foreach (var peer in started.Where(s => !IsAkkaHa(s.Name))) peers.Add(peer.Name, peer);
                    inTurn.AddRange(phases[phase].Select(name => started.FirstOrDefault(s => s.Name == name) ?? peers[name]));
                    foreach (var system in started) await WarmUpAsync(system, cells, options.WarmRound, ct);
                    await RunPhaseAsync(options, phase, inTurn, cells, findings, ct);
                }
                finally
                {
                    foreach (var system in own) await system.DisposeAsync();
                }
            }
        }
        finally
        {
            foreach (var system in peers.Values) await system.DisposeAsync();
        }
        // When nothing else runs any more.
        if (SqliteRounds.IsIn(options)) findings.Sqlite = await SqliteRounds.RunAsync(options, r => Say($"sqlite-journal   {r.Journal,9:N0}/s, SQLite itself {r.Raw:N0}/s, without an index {r.Plain:N0}/s"), ct);
        await Reports.WriteAsync(findings, ct);
        return findings.Samples.Any(s => s.Run.Errors > 0) ? 1 : 0;
    }

    /// <summary>Who runs beside whom.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Phases(IReadOnlyList<string> systems)
    {
        string[] clusters = [.. SystemNames.All.Intersect(systems).Where(IsAkkaHa)];
        string[] peers = [.. SystemNames.All.Intersect(systems).Except(clusters)];
        if (clusters.Length == 0) return [peers];
        return [.. clusters.Select((c, i) => (IReadOnlyList<string>)[c, .. i == 0 ? peers : peers.Where(p => p == SystemNames.Etcd)])];
    }

    private static bool IsAkkaHa(string system) => system.StartsWith(SystemNames.AkkaHa, StringComparison.Ordinal);

    /// <returns>All of them, with all that the workloads expect; or, when one could not be started, none.</returns>
    private static async Task<IReadOnlyList<ISystem>> StartAllAsync(IReadOnlyList<string> names, IReadOnlyList<Cell> cells, CancellationToken ct)
    {
        Task<ISystem>[] starting = [.. names.Select(name => StartAsync(name, cells, ct))];
        try
        {
            return await Task.WhenAll(starting);
        }
        catch
        {
            foreach (var started in starting.Where(s => s.IsCompletedSuccessfully)) await (await started).DisposeAsync();
            throw;
        }
    }

    private static async Task<ISystem> StartAsync(string name, IReadOnlyList<Cell> cells, CancellationToken ct)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        var system = await (name switch
        {
            SystemNames.AkkaHa => AkkaHaSystem.OnPostgresAsync(ct),
            SystemNames.AkkaHaStandby => AkkaHaSystem.OnPostgresPairAsync(ct),
            SystemNames.AkkaHaSqlite => AkkaHaSystem.OnSqliteAsync(ct),
            SystemNames.Etcd => EtcdSystem.StartAsync(ct),
            SystemNames.Postgres => PostgresSystem.StartAsync(ct),
            SystemNames.Redis => RedisSystem.StartAsync(ct),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such system"),
        });
        Say($"{name} {system.Version} runs after {TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds:0.0} s");
        try
        {
            await Workload.FillAsync(system, [.. cells.Select(c => c.Workload.Name)], Math.Max(WarmClients, cells.Max(c => c.Clients)), ct);
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
        Say($"{name} has what it needs after {TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds:0.0} s");
        return system;
    }

    private static async Task WarmUpAsync(ISystem system, IReadOnlyList<Cell> cells, TimeSpan round, CancellationToken ct)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        foreach (var workload in cells.Select(c => c.Workload).Distinct()) await WarmUpAsync(system, workload, round, ct);
        Say($"{system.Name} is warm after {TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds:0.0} s more");
    }

    private static async Task WarmUpAsync(ISystem system, Workload workload, TimeSpan round, CancellationToken ct)
    {
        await using var running = await workload.OpenAsync(system, WarmClients);
        await Warming.RunAsync(async () =>
        {
            var run = await ClosedLoop.RunAsync(WarmClients, running.Operate, TimeSpan.Zero, round, ct: ct);
            if (run.Errors > 0) Say($"{system.Name}: {workload.Name}: {run.Errors} errors while warming up: {run.FirstError}");
            return run.PerSecond;
        });
    }

    /// <summary>What was used minutes ago may sleep: few clients would measure how long it takes to wake.</summary>
    private static async Task WakeAsync(ISystem system, Cell cell, TimeSpan round, CancellationToken ct)
    {
        await cell.Workload.UseAllAsync(system, ct);
        if (cell.Clients >= WarmClients) return;
        await using var running = await cell.Workload.OpenAsync(system, WarmClients);
        await ClosedLoop.RunAsync(WarmClients, running.Operate, TimeSpan.Zero, round, ct: ct);
    }

    private static async Task RunPhaseAsync(CompareOptions options, int phase, IReadOnlyList<ISystem> systems, IReadOnlyList<Cell> cells, Findings findings, CancellationToken ct)
    {
        await MeasureIdleAsync(systems, findings, ct);
        foreach (var cell in cells)
        {
            var running = new Dictionary<ISystem, Running>();
            try
            {
                foreach (var system in systems)
                {
                    await WakeAsync(system, cell, options.WarmRound, ct);
                    running.Add(system, await cell.Workload.OpenAsync(system, cell.Clients));
                }
                for (var round = 0; round < options.Pairs; round++)
                {
                    foreach (var system in systems)
                    {
                        var sample = await MeasureAsync(options, phase, cell, system, round, running[system], ct);
                        findings.Samples.Add(sample);
                        Say(Line(sample));
                    }
                }
            }
            finally
            {
                foreach (var open in running.Values) await open.DisposeAsync();
            }
        }
    }

    private static async Task MeasureIdleAsync(IReadOnlyList<ISystem> systems, Findings findings, CancellationToken ct)
    {
        var before = systems.Select(s => Usage.CpuMicros(s.Processes)).ToArray();
        var from = TimeProvider.System.GetTimestamp();
        await Task.Delay(IdleTime, ct);
        var micros = TimeProvider.System.GetElapsedTime(from).TotalMicroseconds;
        for (var i = 0; i < systems.Count; i++) findings.Systems[systems[i].Name] = new Presence(systems[i].Version, systems[i].Promise, (Usage.CpuMicros(systems[i].Processes) - before[i]) / micros);
    }

    private static async Task<Sample> MeasureAsync(CompareOptions options, int phase, Cell cell, ISystem system, int round, Running running, CancellationToken ct)
    {
        var processes = system.Processes;
        var cpu = new List<double>(2);
        var run = await ClosedLoop.RunAsync(cell.Clients, running.Operate, options.WarmUp, options.Time, () => cpu.Add(Usage.CpuMicros(processes)), ct);
        return new Sample(phase, cell, system.Name, round, run, cpu[1] - cpu[0], Usage.MemoryMiB(processes));
    }

    private static string Line(Sample s) => string.Create(
        CultureInfo.InvariantCulture,
        $"{s.Cell.Workload.Name,-16} {s.Cell.Clients,4} clients  {s.System,-14} {s.Round + 1}: {s.Run.PerSecond,9:N0}/s  p50 {Ms(s, 50),8:0.000} ms  p99 {Ms(s, 99),8:0.000} ms  CPU {s.CpuMicrosPerOperation,7:N0} us"
        + $"{(s.Run.Errors > 0 ? $"  {s.Run.Errors} ERRORS: {s.Run.FirstError}" : "")}");

    private static double Ms(Sample s, double percentile) => s.Run.Micros.TotalCount == 0 ? 0 : s.Run.Micros.GetValueAtPercentile(percentile) / 1000.0;

    private static void Say(FormattableString text) => Say(text.ToString(CultureInfo.InvariantCulture));

    private static void Say(string text) => Console.WriteLine(text);
}
