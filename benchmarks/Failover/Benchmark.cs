using System.Globalization;
using AkkaHa.Load;
using Spectre.Console;

namespace AkkaHa.Failover;

/// <summary>A whole run: AkkaHa's capacity, then rounds of both sides by turns, so that both see the same machine.</summary>
internal static class Benchmark
{
    private const int Clients = 64;

    public static async Task<int> RunAsync(FailoverOptions options, CancellationToken ct)
    {
        await using var akkaha = await AkkaHaSide.StartAsync(options, ct);
        if (options.KeepLogs) Say($"The nodes' logs are in {akkaha.KeepLogs()}");
        try
        {
            return await RunAsync(options, akkaha, ct);
        }
        catch (TimeoutException)
        {
            Say($"The nodes' logs are in {akkaha.KeepLogs()}");
            throw;
        }
    }

    private static async Task<int> RunAsync(FailoverOptions options, AkkaHaSide akkaha, CancellationToken ct)
    {
        var (capacity, waiting) = options.Rate is null ? await MeasureAsync(akkaha, ct) : ((double?)null, 0);
        var rate = options.Rate ?? Math.Round(capacity!.Value / 2);
        Say(capacity is null
            ? $"{rate:N0} calls a second to each, half of them writes."
            : $"AkkaHa bears {capacity:N0} calls a second, half of them writes, that come whether it answers or not ({waiting:N0} from {Clients} clients that wait). {rate:N0} from now on, to each.");

        await using var etcd = options.SkipEtcd ? null : await EtcdSide.StartAsync(akkaha.Lanes);
        // Every key exists, and the client's code is compiled, before anything is measured.
        if (etcd is not null) await MeasureAsync(etcd, 1, ct);
        if (capacity is null) await MeasureAsync(akkaha, 1, ct);

        var rounds = new List<Round>();
        for (var number = 0; number < options.Kills; number++)
        {
            foreach (var side in (ISide?[])[akkaha, etcd])
            {
                if (side is null) continue;
                var round = await RoundRunner.RunAsync(side, number, rate, ct);
                rounds.Add(round);
                Say(Line(round));
            }
        }
        var report = Report.Of(options, capacity, rate, akkaha.Lanes, rounds);
        ReportTables.Print(report, AnsiConsole.Console);
        if (options.Json is { } file) await File.WriteAllTextAsync(file, report.ToJson(), ct);
        return options.Check && report.Goals.Any(g => !g.Reached) ? 1 : 0;
    }

    private static async Task<(double? Capacity, double FromWaiting)> MeasureAsync(ISide side, CancellationToken ct)
    {
        var waiting = await MeasureAsync(side, 8, ct);
        return (await Sustained.MeasureAsync(side.Target, side.Lanes, ct: ct), waiting);
    }

    private static Task<double> MeasureAsync(ISide side, int seconds, CancellationToken ct) =>
        ClosedLoop.MeasureAsync(side.Target, side.Lanes, Clients, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(seconds), ct);

    private static string Line(Round r) => string.Create(
        CultureInfo.InvariantCulture,
        $"{r.Number + 1,3} {r.Side,-6} {r.Victim,-6} ({r.Turn}): gap {S(r.VictimHot.Longest)} (median key {S(r.VictimHot.Median)}), all answer after {S(r.VictimAll.AllAnsweredAfter)}, "
        + $"longest call {S(r.VictimAll.LongestCall)}; others {S(r.OthersHot.Longest)}; back in {S(r.BackTook)}, gap then {S(r.BackHot.Longest)}; calm {S(r.Calm.Longest)}; "
        + $"given up {r.VictimAll.GivenUp + r.OthersAll.GivenUp}; at worst {r.Outstanding} unanswered; sender late {S(r.SenderLate)}; {r.Rate:0}/s; machine load {r.MachineLoad:0.0}");

    private static string S(TimeSpan? time) => time is { } t ? string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:0.00} s") : "never";

    private static void Say(FormattableString text) => Say(text.ToString(CultureInfo.InvariantCulture));

    private static void Say(string text) => Console.WriteLine(text);
}
