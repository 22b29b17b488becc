using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AkkaHa.Load;
using AkkaHa.Messages;

namespace AkkaHa.Growth;

/// <summary>So many locks that are held.</summary>
/// <param name="Locks">How many.</param>
/// <param name="TakeSeconds">To take those that were not held before.</param>
/// <param name="IndexSeconds">Until lists knew them; null: not in the time that it was given.</param>
/// <param name="Pair">Acquire and release of others.</param>
/// <param name="KeepAlive">Of one of many sessions.</param>
/// <param name="Idle">What it costs that they are held.</param>
/// <param name="Memory">Of all nodes.</param>
/// <param name="Kill">Of one node; asked are held locks.</param>
/// <param name="KilledAwakeSeconds">From the kill until all held locks are in memory again; null: not in the time that it was given.</param>
/// <param name="Back">After all nodes were killed.</param>
/// <param name="BackAwakeSeconds">From when they answered until all held locks were in memory.</param>
internal sealed record LocksRow(
    int Locks, double TakeSeconds, double? IndexSeconds, Measured Pair, Measured KeepAlive, Idle Idle, Footprint Memory, Kill Kill, double? KilledAwakeSeconds, Back Back, double? BackAwakeSeconds);

/// <summary>More locks that are held at one time.</summary>
internal sealed class LocksExperiment() : Experiment<LocksRow>("locks", "100 to 100,000 locks that are held: others beside them, memory, a kill, a start", 100, 1_000, 10_000, 100_000)
{
    private const int Nodes = 3;
    private const int Sessions = 20_000;
    private static readonly TimeSpan SessionTtl = TimeSpan.FromHours(1);
    private static readonly TimeSpan IndexWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AwakeWithin = TimeSpan.FromSeconds(90);

    protected override IReadOnlyList<Column<LocksRow>> Columns { get; } =
    [
        new("held locks", r => $"{r.Locks:N0}"),
        new("taken in s", r => $"{r.TakeSeconds:0.0}"),
        new("lists know them after s", r => $"{r.IndexSeconds:0.0}"),
        new("lock and unlock others, a second", r => $"{r.Pair.PerSecond:N0}"),
        new("p99 ms", r => $"{r.Pair.P99Ms:0.0}"),
        new("keepalives, a second", r => $"{r.KeepAlive.PerSecond:N0}"),
        new("idle: cores of the nodes, of the database", r => $"{r.Idle.NodesCores:0.00}, {r.Idle.DatabaseCores:0.00}"),
        new("nodes' memory, heaps, MiB", r => $"{r.Memory.MiB:N0}, {r.Memory.HeapMiB:N0}"),
        new("a node killed: gap, all shards answer, others' gap, s", r => $"{r.Kill.GapSeconds:0.0}, {r.Kill.AllAnswerSeconds:0.0}, {r.Kill.OthersGapSeconds:0.0}"),
        new("all awake after s", r => $"{r.KilledAwakeSeconds:0.0}"),
        new("it is back after s", r => $"{r.Kill.BackSeconds:0.0}"),
        new("all started: ready, all shards answer, s", r => $"{r.Back.ReadySeconds:0.0}, {r.Back.AnswersSeconds:0.0}"),
        new("then all awake after s", r => $"{r.BackAwakeSeconds:0.0}"),
    ];

    protected override async IAsyncEnumerable<LocksRow> MeasureAsync(Plan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var cluster = await GrowthCluster.StartAsync(Nodes, plan, ct);
        await using var held = new HeldLocks(cluster);
        var sessions = await CreateSessionsAsync(cluster, ct);
        foreach (var locks in plan.Sizes)
        {
            // One in each shard first: those are asked when nodes are killed.
            var lanes = new LaneSet(entity: EntityId.Lock, atMost: locks);
            var names = new LaneSet(entity: EntityId.Lock).Names.Concat(Enumerable.Range(0, int.MaxValue).Select(i => $"held/{i}"));
            var take = await held.TakeAsync(names.Take(locks).Skip(held.Count), ct);
            var index = await cluster.IndexedAsync(IndexWithin, ct);
            Say($"{locks:N0} locks are held; those that were missing took {take:0.0} s, lists know all {index:0.0} s later");
            var idle = await cluster.IdleAsync(ct);
            Say($"  that costs {idle.NodesCores:0.00} cores of the nodes, {idle.DatabaseCores:0.00} of the database");
            var pair = await cluster.MeasureAsync("lock and unlock", Loads.Lock(cluster.Client), ct);
            var keepAlive = await cluster.MeasureAsync("keepalive", _ => cluster.Client.Sessions.KeepAliveAsync(sessions[Random.Shared.Next(sessions.Length)]), ct);
            var memory = await cluster.FootprintAsync(ct);
            Task<double?>? awake = null;
            var kill = await cluster.KillOneAsync(lanes, held, ct, killed: () => awake = AwakeAsync(cluster, locks, ct));
            var killedAwake = await awake!;
            Say($"  a node killed: gap {kill.GapSeconds:0.0} s, all shards answer after {kill.AllAnswerSeconds:0.0} s, others' gap {kill.OthersGapSeconds:0.0} s, all awake after {killedAwake:0.0} s; it is back after {kill.BackSeconds:0.0} s; {kill.GivenUp} calls given up");
            await cluster.KillAllAsync();
            var back = await cluster.StartAgainAsync(lanes, held, ct);
            var backAwake = await AwakeAsync(cluster, locks, ct);
            Say($"  all started: ready after {back.ReadySeconds:0.0} s, all shards answer after {back.AnswersSeconds:0.0} s, all awake {backAwake:0.0} s later");
            yield return new LocksRow(locks, take, index, pair, keepAlive, idle, memory, kill, killedAwake, back, backAwake);
        }
        await EndASessionAsync(cluster, held, ct);
    }

    protected override IEnumerable<Measured> LoadsOf(LocksRow row) => [row.Pair, row.KeepAlive];

    protected override IEnumerable<Picture> Pictures(IReadOnlyList<LocksRow> rows)
    {
        Line Of(string name, Func<LocksRow, double> figure) => new(name, rows.Select(r => ((double)r.Locks, figure(r))));
        return
        [
            new Picture("locks", "Seconds until held locks are answered for again (3 nodes)", "locks that are held",
                Of("a node was killed: gap", r => r.Kill.GapSeconds), Of("all of its shards answer", r => r.Kill.AllAnswerSeconds ?? double.NaN), Of("all nodes started: ready", r => r.Back.ReadySeconds), Of("all shards answer", r => r.Back.AnswersSeconds)),
            new Picture("locks-idle", "Cores that are used while nobody asks for anything (3 nodes)", "locks that are held", Of("nodes", r => r.Idle.NodesCores), Of("database", r => r.Idle.DatabaseCores)),
        ];
    }

    private async Task<SessionId[]> CreateSessionsAsync(GrowthCluster cluster, CancellationToken ct)
    {
        var before = await cluster.FootprintAsync(ct);
        var made = new ConcurrentBag<SessionId>();
        var from = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, Sessions, new ParallelOptions { MaxDegreeOfParallelism = GrowthCluster.Clients, CancellationToken = ct }, async (_, cancel) => made.Add(await cluster.Client.Sessions.CreateAsync(SessionTtl, cancellationToken: cancel)));
        var seconds = TimeProvider.System.GetElapsedTime(from).TotalSeconds;
        var after = await cluster.FootprintAsync(ct);
        Note($"{Sessions:N0} sessions were made in {seconds:0.0} s; the nodes' memory went from {before.MiB:N0} to {after.MiB:N0} MiB, their heaps from {before.HeapMiB:N0} to {after.HeapMiB:N0}");
        return [.. made];
    }

    /// <summary>Whoever takes over a shard wakes the locks in use, so that they learn of sessions that end; until then they are as good as others when they are asked.</summary>
    private static async Task<double?> AwakeAsync(GrowthCluster cluster, int locks, CancellationToken ct)
    {
        for (var from = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(from) < AwakeWithin; await Task.Delay(200, ct))
        {
            try
            {
                if (await cluster.MetricAsync("akkaha_locks_holders", ct) >= locks) return TimeProvider.System.GetElapsedTime(from).TotalSeconds;
            }
            catch (HttpRequestException)
            {
                // A node that is just coming.
            }
        }
        return null;
    }

    private async Task EndASessionAsync(GrowthCluster cluster, HeldLocks held, CancellationToken ct)
    {
        var before = await cluster.MetricAsync("akkaha_locks_holders", ct);
        var from = TimeProvider.System.GetTimestamp();
        var ended = await held.EndFirstAsync(ct);
        while (await cluster.MetricAsync("akkaha_locks_holders", ct) > before - ended && TimeProvider.System.GetElapsedTime(from) < AwakeWithin) await Task.Delay(50, ct);
        Note($"A session that held {ended:N0} locks was closed: all were free after {TimeProvider.System.GetElapsedTime(from).TotalSeconds:0.0} s");
    }
}
