using System.Collections.Concurrent;
using AkkaHa.ClientApi;
using AkkaHa.Cli.Local;

namespace AkkaHa.Cli.Demo;

/// <summary>All workers, on one client as one application would have it.</summary>
sealed class Workload : IAsyncDisposable
{
    const int TransferWorkers = 8;
    const int IncrementWorkers = 4;
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    readonly CancellationTokenSource stop = new();
    readonly ConcurrentBag<TransactionId> unknownTransfers = [];
    readonly IReadOnlyList<Func<Task>> workers;
    Task running = Task.CompletedTask;

    /// <summary>The workers, not started yet; beside those that do the work, one for each node, which only watches it.</summary>
    public Workload(AkkaHaClient client, RingPicture ring, IReadOnlyList<NodeProcess> nodes)
    {
        var time = TimeProvider.System;
        Transfers = new WorkerKind("transfers", TransferWorkers, time);
        Increments = new WorkerKind("increments", IncrementWorkers, time);
        Probes = nodes.ToDictionary(n => n, n => new WorkerKind($"a key on {n.Name}", 1, time));
        workers =
        [
            .. Transfers.Lanes.Select(lane => Worker(new TransferWorker(client, Transfers, lane, unknownTransfers).RunAsync)),
            .. Increments.Lanes.Select(lane => Worker(new IncrementWorker(client, History, Increments, lane).RunAsync)),
            .. Probes.Select(p => Worker(new ProbeWorker(client, DemoNames.ProbeIn(ring.ShardsOf(p.Key.Address), ring.Map), p.Value, p.Value.Lanes[0]).RunAsync)),
        ];
    }

    /// <summary>They move money.</summary>
    public WorkerKind Transfers { get; }

    /// <summary>They count under the lock.</summary>
    public WorkerKind Increments { get; }

    /// <summary>For each node, a writer of one key that lived there in the beginning.</summary>
    public IReadOnlyDictionary<NodeProcess, WorkerKind> Probes { get; }

    /// <summary>Everybody.</summary>
    public IEnumerable<WorkerKind> Kinds => [Transfers, Increments, .. Probes.Values];

    /// <summary>What the counting workers learnt.</summary>
    public CounterHistory History { get; } = new();

    /// <summary>Transfers that may or may not have happened.</summary>
    public IReadOnlyCollection<TransactionId> UnknownTransfers => unknownTransfers;

    /// <summary>Sets them all to work.</summary>
    public void Start() => running = WhenAllOrFirstBroken([.. workers.Select(w => w())]);

    /// <summary>From now on, successes and waits belong to this phase.</summary>
    public void Enter(DemoPhase phase)
    {
        foreach (var kind in Kinds) kind.Enter(phase);
    }

    /// <summary>Waits for a condition while they work.</summary>
    /// <exception cref="DemoFailedException">It does not come true in this time.</exception>
    public async Task UntilAsync(Func<bool> condition, string what, TimeSpan atMost, CancellationToken cancel)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (running.IsCompleted) await running;
            if (TimeProvider.System.GetElapsedTime(startedAt) > atMost) throw new DemoFailedException($"Not within {atMost.TotalSeconds:0} s: {what}. {Standing()}");
            await Task.Delay(Poll, cancel);
        }
    }

    /// <summary>Lets each finish what it is at.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await stop.CancelAsync();
        await running.WaitAsync(cancel);
    }

    /// <summary>How far they are, in words.</summary>
    public string Standing() => string.Join("", Kinds.Select(k =>
        $"\n  {k.Name}: {k.Total:N0} done, the slowest waits for {Wait.Of(k.Waiting)}{(k.LastRefusal is { } refusal ? ", last refusal: " + refusal : "")}"));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        stop.Dispose();
    }

    Func<Task> Worker(Func<CancellationToken, Task> run) => () => Task.Run(() => run(stop.Token));

    static async Task WhenAllOrFirstBroken(IReadOnlyList<Task> tasks)
    {
        await foreach (var ended in Task.WhenEach(tasks)) await ended;
    }
}
