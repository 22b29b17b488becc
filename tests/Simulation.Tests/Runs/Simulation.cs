using AkkaHa.Core.Entities;
using AkkaHa.Judge;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>One run from one seed: a world, work under faults, healing, quiet, judgement.</summary>
sealed class Simulation
{
    private const long SettleMs = 90_000;

    private readonly ulong seed;
    private readonly SimulatedWorld world;
    private readonly List<IWorkload> workloads = [];
    private readonly List<Client> clients = [];
    private readonly int work;

    public Simulation(ulong seed, RuleSwitches? rules = null, bool tracing = false, Func<Faults, Faults>? stress = null)
    {
        this.seed = seed;
        var rng = new Rng(seed ^ 0xA5A5_5A5A_0F0F_F0F0UL);
        Storm = Faults.Draw(rng);
        if (stress is not null) Storm = stress(Storm);
        world = new SimulatedWorld(seed, rules ?? RuleSwitches.AllOn, Faults.None with { SkewMs = Storm.SkewMs }, nodes: (int)rng.Between(2, 4), shards: (int)rng.Between(2, 8), tracing);
        var lists = new ListWorkload((int)rng.Between(2, 4));
        if (rng.Chance(0.6)) workloads.Add(new RegisterWorkload((int)rng.Between(1, 3)));
        if (rng.Chance(0.6)) workloads.Add(new BankWorkload((int)rng.Between(2, 4)));
        if (rng.Chance(0.5)) workloads.Add(new LockWorkload((int)rng.Between(1, 2), lists));
        // Last, since what is guarded by locks is written to lists: they are read when all else is done.
        if (workloads.Count == 0 || workloads[^1] is LockWorkload || rng.Chance(0.6)) workloads.Add(lists);
        work = (int)rng.Between(8, 30);
        for (var i = (int)rng.Between(2, 8); i >= 0; i--) clients.Add(new Client(world, clients.Count));
    }

    public Faults Storm { get; }

    public SimulatedWorld World => world;

    /// <summary>Runs it. Empty: all promises were kept.</summary>
    public IReadOnlyList<Violation> Run()
    {
        Await(() => workloads[0].Prepare(clients[0]), 60_000, "preparing");
        foreach (var workload in workloads.Skip(1)) Await(() => workload.Prepare(clients[0]), 60_000, "preparing");
        if (world.Violations.Count > 0) return world.Violations;

        world.Faults = Storm;
        var done = 0;
        Start(() =>
        {
            foreach (var client in clients) Work(client, () => done++);
        });
        world.Scheduler.RunUntil(world.Scheduler.Now + 600_000, () => world.Violations.Count > 0 || done == clients.Count);
        if (world.Violations.Count > 0) return world.Violations;
        if (done < clients.Count) world.Fail("working", "some client never came to an end");

        world.Faults = Storm.Healed();
        world.RunUntil(world.Scheduler.Now + 20_000);
        foreach (var workload in workloads) Await(() => workload.Finish(clients[0]), 600_000, "healing");
        world.RunUntil(world.Scheduler.Now + SettleMs);
        Quiescence.Check(world);
        return world.Violations.Count > 0 ? world.Violations : [.. workloads.SelectMany(w => w.Judge())];
    }

    private async void Work(Client client, Action finished)
    {
        try
        {
            for (var i = 0; i < work && world.Violations.Count == 0; i++)
            {
                await client.Rng.Pick(workloads).Step(client);
                await world.Scheduler.Delay(client.Rng.Between(0, client.Rng.Chance(0.1) ? 2000 : 50));
            }
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or NullReferenceException)
        {
            world.Fail("working", e.ToString());
        }
        finished();
    }

    private void Await(Func<Task> what, long atMostMs, string name)
    {
        Task? task = null;
        Start(() => task = what());
        world.Scheduler.RunUntil(world.Scheduler.Now + atMostMs, () => world.Violations.Count > 0 || task is { IsCompleted: true });
        if (task is { IsFaulted: true }) world.Fail(name, task.Exception!.ToString());
        else if (task is not { IsCompleted: true } && world.Violations.Count == 0) world.Fail(name, "it never came to an end");
    }

    private void Start(Action action) => world.Scheduler.After(0, action);

    public override string ToString() => $"seed {seed}: {Storm}";
}
