using System.Runtime.CompilerServices;
using AkkaHa.Load;

namespace AkkaHa.Growth;

/// <summary>A journal of so many rows.</summary>
/// <param name="Rows">How many, about.</param>
/// <param name="Keys">Of so many keys.</param>
/// <param name="FillSeconds">To write those that were not there before straight into it.</param>
/// <param name="Back">After all nodes were killed.</param>
/// <param name="IndexSeconds">Until lists knew all; null: not in the time that it was given.</param>
/// <param name="BackAgain">The same once more, with nothing left for lists to read.</param>
/// <param name="Get">Of any key.</param>
/// <param name="Put">To any key.</param>
/// <param name="Kill">Of one node.</param>
/// <param name="Memory">Of all nodes, at the end.</param>
/// <param name="Stored">On disk.</param>
internal sealed record JournalRow(long Rows, int Keys, double FillSeconds, Back Back, double? IndexSeconds, Back BackAgain, Measured Get, Measured Put, Kill Kill, Footprint Memory, Stored Stored);

/// <summary>A longer journal, of keys that have been written again and again.</summary>
internal sealed class JournalExperiment() : Experiment<JournalRow>("journal", "a journal of up to 10,000,000 rows: a start, put and get, a kill, sizes", 100_000, 1_000_000, 10_000_000)
{
    private const int Nodes = 3;
    private const int RowsOfAKey = 100;
    // One in each shard is among them.
    private const int FirstKeys = 4_096;
    private static readonly TimeSpan IndexWithin = TimeSpan.FromMinutes(5);

    protected override IReadOnlyList<Column<JournalRow>> Columns { get; } =
    [
        new("rows", r => $"{r.Rows:N0}"),
        new("keys", r => $"{r.Keys:N0}"),
        new("disk, MiB: rows, indexes, lists", r => $"{r.Stored.JournalMiB:N0}, {r.Stored.JournalIndexesMiB:N0}, {r.Stored.ListsMiB:N0}"),
        new("all started: ready, all shards answer, s", r => $"{r.BackAgain.ReadySeconds:0.0}, {r.BackAgain.AnswersSeconds:0.0}"),
        new("get, put, a second", r => $"{r.Get.PerSecond:N0}, {r.Put.PerSecond:N0}"),
        new("p99 ms: get, put", r => $"{r.Get.P99Ms:0.0}, {r.Put.P99Ms:0.0}"),
        new("CPU µs: get, put", r => $"{r.Get.Micros:N0}, {r.Put.Micros:N0}"),
        new("a node killed: gap, all shards answer, others' gap, s", r => $"{r.Kill.GapSeconds:0.0}, {r.Kill.AllAnswerSeconds:0.0}, {r.Kill.OthersGapSeconds:0.0}"),
        new("it is back after s", r => $"{r.Kill.BackSeconds:0.0}"),
        new("nodes' memory, MiB", r => $"{r.Memory.MiB:N0}"),
        new("filled in s", r => $"{r.FillSeconds:0.0}"),
        new("lists know all after s", r => $"{r.IndexSeconds:0.0}"),
    ];

    protected override async IAsyncEnumerable<JournalRow> MeasureAsync(Plan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var cluster = await GrowthCluster.StartAsync(Nodes, plan, ct);
        // The filler's rows are to look like the nodes' own.
        await cluster.Client.Keys.PutAsync("first", new byte[64], cancellationToken: ct);
        var (there, keys, lanes, target) = (0L, 0, new LaneSet(), new AkkaHaKeys(cluster.Client));
        foreach (var rows in plan.Sizes)
        {
            await cluster.KillAllAsync();
            var each = keys == 0 ? Math.Clamp(rows / FirstKeys, 1, RowsOfAKey) : RowsOfAKey;
            var more = Math.Max(keys == 0 ? FirstKeys : 0, (int)((rows - there) / each));
            var seconds = await JournalFiller.FillAsync(cluster.Database.ConnectionString, "load/", keys, keys + more, each, ct);
            (there, keys) = (there + ((long)more * each), keys + more);
            Say($"{there:N0} rows of {keys:N0} keys; those that were missing took {seconds:0.0} s");
            var back = await cluster.StartAgainAsync(lanes, target, ct);
            var index = await cluster.IndexedAsync(IndexWithin, ct);
            Say($"  ready after {back.ReadySeconds:0.0} s, all shards answer after {back.AnswersSeconds:0.0} s, lists know all {index:0.0} s later");
            await cluster.KillAllAsync();
            var again = await cluster.StartAgainAsync(lanes, target, ct);
            Say($"  and again: ready after {again.ReadySeconds:0.0} s, all shards answer after {again.AnswersSeconds:0.0} s");
            var get = await cluster.MeasureAsync("get", Loads.Get(cluster.Client, "load/", keys), ct);
            var put = await cluster.MeasureAsync("put", Loads.Put(cluster.Client, "load/", keys), ct);
            var kill = await cluster.KillOneAsync(lanes, target, ct);
            Say($"  a node killed: gap {kill.GapSeconds:0.0} s, all shards answer after {kill.AllAnswerSeconds:0.0} s, others' gap {kill.OthersGapSeconds:0.0} s; it is back after {kill.BackSeconds:0.0} s; {kill.GivenUp} calls given up");
            yield return new JournalRow(there, keys, seconds, back, index, again, get, put, kill, await cluster.FootprintAsync(ct), await cluster.StoredAsync(ct));
        }
    }

    protected override IEnumerable<Measured> LoadsOf(JournalRow row) => [row.Get, row.Put];

    protected override IEnumerable<Picture> Pictures(IReadOnlyList<JournalRow> rows)
    {
        Line Of(string name, Func<JournalRow, double> figure) => new(name, rows.Select(r => ((double)r.Rows, figure(r))));
        return
        [
            new Picture("journal", "Seconds until all is answered again (3 nodes)", "rows in the journal",
                Of("a node was killed: gap", r => r.Kill.GapSeconds), Of("all shards answer", r => r.Kill.AllAnswerSeconds ?? double.NaN), Of("all nodes started: ready", r => r.BackAgain.ReadySeconds), Of("all shards answer", r => r.BackAgain.AnswersSeconds)),
        ];
    }
}
