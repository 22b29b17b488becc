using System.Runtime.CompilerServices;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
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
        IsTracing = tracing;
        Shards = new ShardMap(shards);
        Owners = new Owners(this);
        Database = new Database(this);
        Journal = new Journal(this);
        Outcomes = new OutcomeTable(this);
        Network = new Network(this);
        Cluster = new Cluster(this, nodes);
        Trouble = new Trouble(this);
        Cluster.Start();
    }

    public RuleSwitches Rules { get; }

    public Rng Rng { get; }

    public Faults Faults { get; set; }

    public Scheduler Scheduler { get; } = new();

    public ShardMap Shards { get; }

    public Database Database { get; }

    public Journal Journal { get; }

    /// <summary>Of transactions that have left their slots.</summary>
    public OutcomeTable Outcomes { get; }

    /// <summary>How long transactions stay in their slots: shorter than clients repeat.</summary>
    public OutcomeTimes OutcomeTimes { get; init; } = new();

    public Network Network { get; }

    public Cluster Cluster { get; }

    public Trouble Trouble { get; }

    public Owners Owners { get; }

    /// <summary>Where keys end by themselves.</summary>
    public Sweeper? Sweeper { get; set; }

    /// <summary>For directed schedules: told of every point that is reached. Who is struck there does nothing more.</summary>
    public Action<Point>? Reached { get; set; }

    /// <summary>How long rows stay after their snapshot: longer than any write can be on its way.</summary>
    public long KeepRowsMs { get; init; } = 16_000;

    /// <summary>A promise of worlds in which nothing goes wrong with any node.</summary>
    public bool NobodyIsFenced { get; set; }

    /// <summary>A promise of worlds in which shards are handed over, and nothing goes wrong.</summary>
    public bool NothingIsUnknown { get; set; }

    public bool IsTracing { get; }

    public IReadOnlyList<string> TraceLines => trace;

    public bool IsCounting { get; init; }

    /// <summary>How often what happened: a storm that never reaches a rule says nothing about it.</summary>
    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>What the machinery itself found wrong.</summary>
    public List<Violation> Violations { get; } = [];

    public void Fail(string where, string what) => Violations.Add(new Violation($"the rules hold while {where}", what));

    public void RunUntil(long until) => Scheduler.RunUntil(until, () => Violations.Count > 0);

    public void Trace(string line)
    {
        if (IsTracing) trace.Add($"{Scheduler.Now,7} {line}");
    }

    public void Trace([InterpolatedStringHandlerArgument("")] ref WhenAsked line)
    {
        if (IsTracing) Trace(line.Text());
    }

    public void Count(string what)
    {
        if (IsCounting) Counts[what] = Counts.GetValueOrDefault(what) + 1;
    }

    public void Count([InterpolatedStringHandlerArgument("")] ref WhenAsked what)
    {
        if (IsCounting) Count(what.Text());
    }
}
