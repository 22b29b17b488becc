using AkkaHa.Core.Entities;
using AkkaHa.Judge;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>A whole cluster with its database and its network, on one thread, from one seed.</summary>
sealed class SimulatedWorld
{
    /// <summary>The wall clock when the world begins.</summary>
    public const long EpochMs = 1_800_000_000_000;

    private readonly List<string> trace = [];

    public SimulatedWorld(ulong seed, RuleSwitches rules, Faults faults, int nodes = 3, int shards = 6, bool tracing = false)
    {
        Rules = rules;
        Rng = new Rng(seed);
        Faults = faults;
        Tracing = tracing;
        Shards = new ShardMap(shards);
        Journal = new Journal(Scheduler, Rng.Fork(), () => Faults);
        Network = new Network(this);
        Cluster = new Cluster(this, nodes);
    }

    public RuleSwitches Rules { get; }

    public Rng Rng { get; }

    public Faults Faults { get; set; }

    public Scheduler Scheduler { get; } = new();

    public ShardMap Shards { get; }

    public Journal Journal { get; }

    public Network Network { get; }

    public Cluster Cluster { get; }

    public bool Tracing { get; }

    public IReadOnlyList<string> TraceLines => trace;

    /// <summary>How often what happened: a storm that never reaches a rule says nothing about it.</summary>
    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public void Count(string what) => Counts[what] = Counts.GetValueOrDefault(what) + 1;

    /// <summary>What the machinery itself found wrong.</summary>
    public List<Violation> Violations { get; } = [];

    public void Fail(string where, string what) => Violations.Add(new Violation($"the rules hold while {where}", what));

    public void RunUntil(long until) => Scheduler.RunUntil(until, () => Violations.Count > 0);

    public void Trace(string line)
    {
        if (Tracing) trace.Add($"{Scheduler.Now,7} {line}");
    }
}
