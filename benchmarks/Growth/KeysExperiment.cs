using System.Runtime.CompilerServices;
using AkkaHa.Load;

namespace AkkaHa.Growth;

/// <summary>So many keys that are there.</summary>
/// <param name="Keys">How many.</param>
/// <param name="FillSeconds">To write those that were not there before straight into the journal.</param>
/// <param name="Back">After all nodes were killed.</param>
/// <param name="IndexSeconds">Until lists knew the new ones; null: not in the time that it was given.</param>
/// <param name="Before">The nodes' memory before anybody asks for a key.</param>
/// <param name="Get">Of any of them.</param>
/// <param name="Put">To any of them.</param>
/// <param name="HotPut">To one of a thousand of them.</param>
/// <param name="Create">Of another.</param>
/// <param name="After">The nodes' memory, with those awake that were asked for.</param>
/// <param name="Stored">On disk, with some thousand rows of the measurements.</param>
internal sealed record KeysRow(int Keys, double FillSeconds, Back Back, double? IndexSeconds, Footprint Before, Measured Get, Measured Put, Measured HotPut, Measured Create, Footprint After, Stored Stored)
{
    /// <summary>Only what is awake is in memory; garbage is in it, too.</summary>
    public double KiBOfAnAwakeKey => (After.MiB - Before.MiB) * 1024 / Math.Max(1, After.Keys - Before.Keys);
}

/// <summary>More keys that exist, all of the same three nodes.</summary>
internal sealed class KeysExperiment() : Experiment<KeysRow>("keys", "1,000 to 1,000,000 keys that are there: put and get at random, memory, disk, a start", 1_000, 10_000, 100_000, 1_000_000)
{
    private const int Nodes = 3;
    private const int Hot = 1_000;
    private static readonly TimeSpan IndexWithin = TimeSpan.FromMinutes(3);

    protected override IReadOnlyList<Column<KeysRow>> Columns { get; } =
    [
        new("keys", r => $"{r.Keys:N0}"),
        new("get, a second", r => $"{r.Get.PerSecond:N0}"),
        new("put, a second", r => $"{r.Put.PerSecond:N0}"),
        new("put to 1,000 of them", r => $"{r.HotPut.PerSecond:N0}"),
        new("new ones, a second", r => $"{r.Create.PerSecond:N0}"),
        new("p99 ms: get, put", r => $"{r.Get.P99Ms:0.0}, {r.Put.P99Ms:0.0}"),
        new("CPU µs: get, put", r => $"{r.Get.Micros:N0}, {r.Put.Micros:N0}"),
        new("nodes' memory, MiB: before, after", r => $"{r.Before.MiB:N0}, {r.After.MiB:N0}"),
        new("awake: before, after", r => $"{r.Before.Keys:N0}, {r.After.Keys:N0}"),
        new("KiB of an awake key", r => $"{r.KiBOfAnAwakeKey:0.0}"),
        new("disk, MiB: rows, indexes, lists", r => $"{r.Stored.JournalMiB:N0}, {r.Stored.JournalIndexesMiB:N0}, {r.Stored.ListsMiB:N0}"),
        new("filled in s", r => $"{r.FillSeconds:0.0}"),
        new("all started: ready, all shards answer, s", r => $"{r.Back.ReadySeconds:0.0}, {r.Back.AnswersSeconds:0.0}"),
        new("lists know them after s", r => $"{r.IndexSeconds:0.0}"),
    ];

    protected override async IAsyncEnumerable<KeysRow> MeasureAsync(Plan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var cluster = await GrowthCluster.StartAsync(Nodes, plan, ct);
        var (there, lanes, target) = (0, new LaneSet(), new AkkaHaKeys(cluster.Client));
        foreach (var name in lanes.Names) await target.PutAsync(name, ct);
        foreach (var keys in plan.Sizes)
        {
            await cluster.KillAllAsync();
            var seconds = await JournalFiller.FillAsync(cluster.Database.ConnectionString, "keys/", there, keys, 1, ct);
            there = keys;
            Say($"{keys:N0} keys; those that were missing took {seconds:0.0} s");
            var back = await cluster.StartAgainAsync(lanes, target, ct);
            var index = await cluster.IndexedAsync(IndexWithin, ct);
            Say($"  ready after {back.ReadySeconds:0.0} s, all shards answer after {back.AnswersSeconds:0.0} s, lists know all {index:0.0} s later");
            var before = await cluster.FootprintAsync(ct);
            var get = await cluster.MeasureAsync("get", Loads.Get(cluster.Client, "keys/", keys), ct);
            var put = await cluster.MeasureAsync("put", Loads.Put(cluster.Client, "keys/", keys), ct);
            var hot = await cluster.MeasureAsync("put to 1,000", Loads.Put(cluster.Client, "keys/", Math.Min(Hot, keys)), ct);
            var after = await cluster.FootprintAsync(ct);
            var create = await cluster.MeasureAsync("new ones", Loads.Create(cluster.Client, $"new-{keys}"), ct);
            yield return new KeysRow(keys, seconds, back, index, before, get, put, hot, create, after, await cluster.StoredAsync(ct));
        }
    }

    protected override IEnumerable<Measured> LoadsOf(KeysRow row) => [row.Get, row.Put, row.HotPut, row.Create];

    protected override IEnumerable<Picture> Pictures(IReadOnlyList<KeysRow> rows)
    {
        Line Of(string name, Func<KeysRow, double> figure) => new(name, rows.Select(r => ((double)r.Keys, figure(r))));
        return [new Picture("keys", "Operations a second at random keys (64 clients, 3 nodes, 2 cores for all)", "keys that are there", Of("get", r => r.Get.PerSecond), Of("put", r => r.Put.PerSecond), Of("put to 1,000 of them", r => r.HotPut.PerSecond), Of("new keys", r => r.Create.PerSecond))];
    }
}
