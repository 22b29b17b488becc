using AkkaHa.ClientApi;
using AkkaHa.Cli.Local;
using AkkaHa.Messages;

namespace AkkaHa.Cli.Demo;

/// <summary>The demo from its first node to its verdict. Whatever happens, its nodes end with it.</summary>
sealed class Demonstration(DemoOptions options, Screen screen)
{
    const int NodeCount = 3;
    static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(90);
    static readonly TimeSpan PassOnWithin = TimeSpan.FromSeconds(60);

    readonly DemoPlan plan = options.Plan;

    /// <summary>Every promise, and whether it was kept.</summary>
    /// <exception cref="DemoFailedException">It did not come to a verdict; the message says why.</exception>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancel)
    {
        await using var cluster = LocalCluster.Create(NodeCount, options.BreakGuard ? ["--AkkaHa:Testing:Break=Guard"] : []);
        try
        {
            return await RunOnAsync(cluster, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            cluster.Keep = true;
            var what = e is DemoFailedException or AkkaHaException or TimeoutException ? e.Message : e.ToString();
            throw new DemoFailedException($"The demo failed: {what}\nThe nodes' logs and data are in {cluster.Directory}", e);
        }
    }

    async Task<IReadOnlyList<Check>> RunOnAsync(LocalCluster cluster, CancellationToken cancel)
    {
        using var ring = new RingReader(cluster);
        var picture = await StartAsync(cluster, ring, cancel);
        await using var client = AkkaHaClient.Connect(cluster.Endpoints, new AkkaHaClientOptions
        {
            Label = "demo",
            // So that the workers' session outlives the take-over of the node that keeps it.
            SessionTtl = TimeSpan.FromSeconds(20), CloseTimeout = TimeSpan.FromSeconds(1),
        });
        var opening = await OpenAccountsAsync(client, cancel);
        await using var workload = new Workload(client, picture, cluster.Nodes);
        var progress = new Progress(screen, workload);
        var failover = new Failover(cluster, ring, workload, screen, plan);
        var (late, calm) = (default(LateWrite), TimeSpan.Zero);
        await screen.WatchAsync(progress.Picture, progress.Line, async () =>
        {
            calm = await WorkInCalmAsync(workload, cancel);
            late = await PauseAWorkerAsync(workload, cluster, cancel);
            await failover.RunAsync(cancel);
            await WorkOnAsync(workload, cancel);
            await workload.StopAsync(cancel);
        });
        var result = await ResultAsync(client, workload, opening, late!, cancel);
        ResultTables.PrintWork(screen, workload, calm);
        ResultTables.PrintWaits(screen, workload, failover.Victim!);
        var checks = result.Checks();
        var holds = Judge(checks);
        if (!holds) cluster.Keep = true;
        if (options.Keep) await new KeptCluster(cluster, screen).StayAsync(cancel);
        if (!holds) screen.Say($"The nodes' logs and data are in {cluster.Directory}");
        return checks;
    }

    async Task<RingPicture> StartAsync(LocalCluster cluster, RingReader ring, CancellationToken cancel)
    {
        screen.Head($"{NodeCount} nodes start on this machine");
        screen.Say($"Each is a process of its own; they share one SQLite file in {cluster.Directory}.");
        if (options.BreakGuard) screen.Say("TEST: the nodes do not check fences (--break guard). The checks at the end must notice.");
        await cluster.StartAsync(StartWithin, cancel);
        var readyAt = screen.Elapsed;
        var picture = await ring.WaitInPlaceAsync(StartWithin, cancel);
        foreach (var node in cluster.Nodes) screen.Say($"{node.Name}: process {node.ProcessId}, {node.HttpUrl}");
        screen.Say($"Ready after {readyAt.TotalSeconds:0.0} s, all shards in their places after {screen.Elapsed.TotalSeconds:0.0} s.");
        screen.Head("The ring");
        RingTable.Print(screen, picture, cluster.Nodes);
        return picture;
    }

    async Task<AccountsTotal> OpenAccountsAsync(AkkaHaClient client, CancellationToken cancel)
    {
        screen.Head($"{DemoNames.AccountCount:N0} accounts with {DemoNames.OpeningBalance:N0} each");
        await Accounts.OpenAsync(client, cancel);
        var opening = await Accounts.TotalAsync(client, cancel);
        screen.Say($"All accounts together have {opening.Money:N0}.");
        return opening;
    }

    async Task<TimeSpan> WorkInCalmAsync(Workload workload, CancellationToken cancel)
    {
        screen.Head("Work");
        screen.Say($"{workload.Transfers.Lanes.Count} workers move money between two random accounts, by a transaction each time.");
        screen.Say($"{workload.Increments.Lanes.Count} workers take the lock and count on in one key, with the lock's fence as guard.");
        screen.Say("For each node, one worker writes a key that lives there, to show how long it can't be used.");
        var startedAt = screen.Elapsed;
        workload.Start();
        var floors = $"{plan.Transfers / 2:N0} transfers and {plan.Increments / 2:N0} increments before the kill";
        await workload.UntilAsync(
            () => screen.Elapsed - startedAt >= plan.BeforeAtLeast && workload.Transfers.Total >= plan.Transfers / 2 && workload.Increments.Total >= plan.Increments / 2,
            floors, plan.FloorsWithin, cancel);
        return screen.Elapsed - startedAt;
    }

    async Task<LateWrite> PauseAWorkerAsync(Workload workload, LocalCluster cluster, CancellationToken cancel)
    {
        screen.Head("A worker that holds the lock stands still");
        workload.Enter(DemoPhase.PausedWorker);
        var late = await new PausedWorker(cluster.Endpoints, workload.History)
            .RunAsync(screen.Say, (condition, what) => workload.UntilAsync(condition, what, PassOnWithin, cancel), cancel);
        var now = TimeProvider.System.GetTimestamp();
        await workload.UntilAsync(() => workload.Kinds.All(k => k.AllServedSince(now)), "every worker goes on", PassOnWithin, cancel);
        return late;
    }

    async Task WorkOnAsync(Workload workload, CancellationToken cancel)
    {
        var backAt = screen.Elapsed;
        await workload.UntilAsync(
            () => screen.Elapsed - backAt >= plan.AfterAtLeast && IsEnough(workload.Transfers, plan.Transfers) && IsEnough(workload.Increments, plan.Increments),
            "half of all transfers and increments after the kill", plan.FloorsWithin, cancel);
        static bool IsEnough(WorkerKind kind, int floor) => kind.After >= floor / 2 && kind.After >= kind.Before && kind.Total >= floor;
    }

    async Task<DemoResult> ResultAsync(AkkaHaClient client, Workload workload, AccountsTotal opening, LateWrite late, CancellationToken cancel)
    {
        screen.Head("The workers have stopped; the sums");
        var outcomes = new List<TransactionOutcome>();
        foreach (var id in workload.UnknownTransfers) outcomes.Add(await client.Transactions.ResolveAsync(id, cancel));
        var counter = await client.Keys.GetAsync(DemoNames.Counter, cancel) ?? throw new DemoFailedException("the counter is gone");
        var value = CounterValue.Parse(counter.Text);
        workload.History.Read(counter.Revision, value);
        return new DemoResult
        {
            Plan = plan, Opening = opening, Closing = await Accounts.TotalAsync(client, cancel),
            Transfers = workload.Transfers,
            FoundCommitted = outcomes.Count(o => o == TransactionOutcome.Committed),
            StillUnknown = outcomes.Count(o => o is not (TransactionOutcome.Committed or TransactionOutcome.Aborted)),
            Increments = workload.Increments, History = workload.History, Counter = value.Count, Late = late,
        };
    }

    bool Judge(IReadOnlyList<Check> checks)
    {
        screen.Head("The promises");
        foreach (var check in checks) screen.Judge(check.Holds, check.Says);
        var holds = checks.All(c => c.Holds);
        screen.Head(holds ? "All of it holds." : $"{checks.Count(c => !c.Holds)} of {checks.Count} promises were BROKEN.");
        return holds;
    }
}
