using System.Runtime.CompilerServices;

namespace AkkaHa.Growth;

/// <summary>One workload at one number of nodes.</summary>
internal sealed record NodesRow(int Nodes, string Workload, Measured Load, Idle Idle, double MemoryMiB);

/// <summary>More nodes on the same cores: what each operation costs then, since more of it there can't be done.</summary>
internal sealed class NodesExperiment() : Experiment<NodesRow>("nodes", "1, 3, 5 nodes on one PostgreSQL: put, get, lock, transfer; CPU for each, since all share the cores", 1, 3, 5)
{
    private const int Keys = 1_000;
    private const int Rounds = 2;

    protected override IReadOnlyList<Column<NodesRow>> Columns { get; } =
    [
        new("nodes", r => $"{r.Nodes}"),
        new("workload", r => $"{r.Workload}"),
        new("a second", r => $"{r.Load.PerSecond:N0}"),
        new("p99 ms", r => $"{r.Load.P99Ms:0.0}"),
        new("CPU of the nodes, µs each", r => $"{r.Load.NodesMicros:N0}"),
        new("of the database", r => $"{r.Load.DatabaseMicros:N0}"),
        new("idle: cores of the nodes", r => $"{r.Idle.NodesCores:0.00}"),
        new("of the database", r => $"{r.Idle.DatabaseCores:0.00}"),
        new("memory of a node, MiB", r => $"{r.MemoryMiB / r.Nodes:N0}"),
    ];

    protected override async IAsyncEnumerable<NodesRow> MeasureAsync(Plan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var nodes in plan.Sizes)
        {
            await using var cluster = await GrowthCluster.StartAsync(nodes, plan, ct);
            Say($"{nodes} nodes");
            await Loads.FillAsync(cluster.Client, "keys/", Keys, Keys, ct);
            var idle = await cluster.IdleAsync(ct);
            (string Name, Func<int, Task> Operate)[] workloads =
                [("put", Loads.Put(cluster.Client, "keys/", Keys)), ("get", Loads.Get(cluster.Client, "keys/", Keys)), ("lock", Loads.Lock(cluster.Client)), ("transfer", Loads.Transfer(cluster.Client, Keys))];
            var found = new List<(string Name, Measured Load)>();
            for (var round = 0; round < Rounds; round++)
                foreach (var (name, operate) in workloads) found.Add((name, await cluster.MeasureAsync(name, operate, ct)));
            var memory = await cluster.FootprintAsync(ct);
            foreach (var workload in found.GroupBy(f => f.Name, f => f.Load)) yield return new NodesRow(nodes, workload.Key, Mean([.. workload]), idle, memory.MiB);
        }
    }

    protected override IEnumerable<Picture> Pictures(IReadOnlyList<NodesRow> rows) =>
    [
        new("nodes", "CPU of nodes and database for one operation, µs (64 clients, 2 cores for all)", "nodes", [.. rows.GroupBy(r => r.Workload).Select(w => new Line(w.Key, w.Select(r => ((double)r.Nodes, r.Load.Micros))))]),
    ];

    protected override IEnumerable<Measured> LoadsOf(NodesRow row) => [row.Load];

    private static Measured Mean(IReadOnlyList<Measured> of) => new(
        of.Average(m => m.PerSecond), of.Average(m => m.P50Ms), of.Max(m => m.P99Ms), of.Average(m => m.NodesMicros), of.Average(m => m.DatabaseMicros), of.Sum(m => m.Errors));
}
