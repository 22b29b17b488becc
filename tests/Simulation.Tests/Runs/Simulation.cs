using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Judge;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>How a simulation is run, apart from what its seed says.</summary>
/// <param name="Rules">Some may be off.</param>
/// <param name="Settings">What every seed has otherwise than its plan: see <see cref="Plan.With"/>.</param>
/// <param name="IsTracing">Keeps a trace.</param>
/// <param name="IsCounting">Counts what happened.</param>
/// <param name="WatchesOwners">Whether what only the machinery can see counts; else only what clients see.</param>
sealed record Conditions(RuleSwitches Rules, string Settings = "", bool IsTracing = false, bool IsCounting = false, bool WatchesOwners = true)
{
    public static readonly Conditions Usual = new(RuleSwitches.AllOn);
}

/// <summary>One run from one seed: a world, work under faults, healing, quiet, judgement.</summary>
sealed class Simulation
{
    /// <summary>What nobody asks for any more keeps its place in a lock's queue for a minute.</summary>
    private const long SettleMs = 12_000;
    private const long SettleWithLocksMs = 90_000;

    private readonly Plan plan;
    private readonly SimulatedWorld world;
    private readonly List<IWorkload> workloads = [];
    private readonly List<Client> clients = [];

    public Simulation(ulong seed, Plan plan, Conditions conditions)
    {
        this.plan = plan;
        var calm = Faults.None with { SkewMs = plan.Storm.SkewMs, DriftPpm = plan.Storm.DriftPpm };
        world = new SimulatedWorld(seed + ((ulong)plan.Luck << 40), plan.DieAtOnce ? conditions.Rules with { ShortWaits = false } : conditions.Rules, calm, plan.Nodes, plan.Shards, conditions.IsTracing)
        {
            OutcomeTimes = new OutcomeTimes(plan.InSlotMs, SettleMs: 500), IsCounting = conditions.IsCounting, NobodyIsFenced = plan.Kind is Kind.Outages or Kind.HandOvers, NothingIsUnknown = plan.Kind == Kind.HandOvers,
        };
        world.Owners.IsWatching = conditions.WatchesOwners;
        var lists = new ListWorkload(Math.Max(2, plan.Lists));
        if (plan.Registers > 0) workloads.Add(new RegisterWorkload(plan));
        if (plan.Expiring > 0)
        {
            world.Sweeper = new Sweeper(world, plan.SweepEveryMs);
            workloads.Add(new ExpiringWorkload(plan));
        }
        if (plan.Accounts > 0) workloads.Add(new BankWorkload(plan.Accounts));
        // Before the other locks, whose end stops clients.
        if (plan.MultiLocks > 0) workloads.Add(new MultiLockWorkload(plan.MultiLocks));
        if (plan.Locks > 0) workloads.Add(new LockWorkload(plan.Locks, lists));
        // Last, since what is guarded by locks is written to lists: they are read when all else is done.
        if (plan.Lists > 0 || plan.Locks > 0 || workloads.Count == 0) workloads.Add(lists);
        for (var i = 0; i < plan.Clients; i++) clients.Add(new Client(world, clients.Count, plan.Hurried));
    }

    public SimulatedWorld World => world;

    /// <summary>Runs it. Empty: all promises were kept.</summary>
    public IReadOnlyList<Violation> Run()
    {
        foreach (var workload in workloads) Await(() => workload.Prepare(clients[0]), 60_000, "preparing");
        if (world.Violations.Count > 0) return world.Violations;

        world.Faults = plan.Storm;
        world.Trouble.Begin();
        world.Trouble.PassivateEvery(plan.Storm.PassivateEveryMs);
        world.Sweeper?.Begin();
        var done = 0;
        Start(() =>
        {
            foreach (var client in clients) Work(client, () => done++);
        });
        world.Scheduler.RunUntil(world.Scheduler.Now + 600_000, () => world.Violations.Count > 0 || done == clients.Count);
        if (world.Violations.Count > 0) return world.Violations;
        if (done < clients.Count) world.Fail("working", "some client never came to an end");

        world.Trouble.End();
        world.Sweeper?.Heal();
        world.Faults = plan.Storm.Healed();
        world.RunUntil(world.Scheduler.Now + 5_000);
        // Whoever still waits for an answer of the storm's gets it before the last reads.
        if (plan.Storm.MessageVeryLate > 0) world.RunUntil(world.Scheduler.Now + Faults.VeryLateMostMs);
        foreach (var workload in workloads) Await(() => workload.Finish(clients[0]), 600_000, "healing");
        world.RunUntil(world.Scheduler.Now + (plan.Locks + plan.MultiLocks > 0 ? SettleWithLocksMs : SettleMs));
        Quiescence.Check(world);
        return world.Violations.Count > 0 ? world.Violations : [.. workloads.SelectMany(w => w.Judge())];
    }

    private async void Work(Client client, Action finished)
    {
        try
        {
            for (var i = 0; i < plan.Steps && world.Violations.Count == 0; i++)
            {
                await client.Rng.Pick(workloads).Step(client);
                // Long enough for outcomes to be forgotten.
                var pause = plan.Kind == Kind.Long && i == plan.Steps / 2 ? 65_000 : client.Rng.Chance(0.1) ? 2000 : 50;
                await world.Scheduler.Delay(client.Rng.Between(pause == 65_000 ? pause : 0, pause));
            }
        }
        catch (Exception e)
        {
            world.Fail("working", e.ToString());
        }
        finished();
    }

    private void Await(Func<Task> what, long atMostMs, string name)
    {
        if (world.Violations.Count > 0) return;
        Task? task = null;
        Start(() => task = what());
        world.Scheduler.RunUntil(world.Scheduler.Now + atMostMs, () => world.Violations.Count > 0 || task is { IsCompleted: true });
        if (task is { IsFaulted: true }) world.Fail(name, task.Exception!.ToString());
        else if (task is not { IsCompleted: true } && world.Violations.Count == 0) world.Fail(name, "it never came to an end");
    }

    private void Start(Action action) => world.Scheduler.After(0, action);
}
