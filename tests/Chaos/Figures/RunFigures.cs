namespace AkkaHa.Chaos.Figures;

/// <summary>What a run, or several, came to. Everything is a number that can be added, or the worst of several.</summary>
sealed record RunFigures
{
    public int Runs { get; init; } = 1;

    public double Minutes { get; init; }

    public IReadOnlyList<int> Seeds { get; init; } = [];

    public long Acknowledged { get; init; }

    public long Failed { get; init; }

    public long Unknown { get; init; }

    /// <summary>Acknowledged during a fault, or within five seconds after.</summary>
    public long NearFault { get; init; }

    /// <summary>How often each nemesis came.</summary>
    public IReadOnlyDictionary<string, int> Nemeses { get; init; } = new Dictionary<string, int>();

    /// <summary>Faults that hit certain nodes, or links of theirs.</summary>
    public int AimedFaults { get; init; }

    /// <summary>Those of them whose victims owned something that was in use.</summary>
    public int HotFaults { get; init; }

    /// <summary>For each kind of work: how many were acknowledged, and the longest time without one.</summary>
    public IReadOnlyDictionary<string, WorkloadFigures> Workloads { get; init; } = new Dictionary<string, WorkloadFigures>();

    /// <summary>By promise.</summary>
    public IReadOnlyDictionary<string, int> Violations { get; init; } = new Dictionary<string, int>();

    public int ViolationCount => Violations.Values.Sum();
}

/// <summary>One kind of work.</summary>
sealed record WorkloadFigures(long Acknowledged, double LongestGapSeconds);
