using AkkaHa.Chaos.Histories;
using AkkaHa.Judge;

namespace AkkaHa.Chaos.Figures;

/// <summary>Counts a run, and adds runs up.</summary>
static class Count
{
    private const long Near = 5_000_000;

    public static RunFigures Of(RunFacts facts, IReadOnlyList<Operation> operations, IReadOnlyList<FaultDone> faults, IReadOnlyList<Violation> violations)
    {
        var acknowledged = operations.Where(o => o.Outcome == Outcome.Ok).ToArray();
        var near = new Intervals(faults.Select(f => (f.Start, f.End + Near)));
        var aimed = faults.Where(f => f.Victims.Count > 0).ToArray();
        return new RunFigures
        {
            Minutes = facts.Minutes,
            Seeds = [facts.Seed],
            Acknowledged = acknowledged.Length,
            Failed = operations.Count(o => o.Outcome == Outcome.Failed),
            Unknown = operations.Count(o => o.Outcome == Outcome.Unknown),
            NearFault = acknowledged.Count(o => near.Contains(o.End)),
            Nemeses = faults.CountBy(f => f.Nemesis).ToDictionary(),
            AimedFaults = aimed.Length,
            HotFaults = aimed.Count(f => f.HotOwned > 0),
            Workloads = acknowledged.Where(o => o.End <= facts.Duration).GroupBy(Work)
                .ToDictionary(g => g.Key, g => new WorkloadFigures(g.LongCount(), LongestGap(g, facts.Duration))),
            Violations = violations.CountBy(v => v.Promise).ToDictionary(),
        };
    }

    public static RunFigures Sum(IReadOnlyList<RunFigures> runs) => new()
    {
        Runs = runs.Sum(r => r.Runs),
        Minutes = runs.Sum(r => r.Minutes),
        Seeds = [.. runs.SelectMany(r => r.Seeds)],
        Acknowledged = runs.Sum(r => r.Acknowledged),
        Failed = runs.Sum(r => r.Failed),
        Unknown = runs.Sum(r => r.Unknown),
        NearFault = runs.Sum(r => r.NearFault),
        Nemeses = Add(runs.SelectMany(r => r.Nemeses)),
        AimedFaults = runs.Sum(r => r.AimedFaults),
        HotFaults = runs.Sum(r => r.HotFaults),
        Workloads = runs.SelectMany(r => r.Workloads).GroupBy(w => w.Key)
            .ToDictionary(g => g.Key, g => new WorkloadFigures(g.Sum(w => w.Value.Acknowledged), g.Max(w => w.Value.LongestGapSeconds))),
        Violations = Add(runs.SelectMany(r => r.Violations)),
    };

    /// <summary>The kind of work that an operation belongs to.</summary>
    private static string Work(Operation operation) => operation switch
    {
        KeyOperation { Lock: not null } => "guarded writes",
        KeyOperation { Node: not null } or LockReadOperation => "reads of one node",
        KeyOperation => "registers",
        ListOperation => "lists",
        RegistersOperation => "several registers",
        TransferOperation => "transfers",
        BalanceOperation => "balances",
        GrantOperation or ReleaseOperation => "locks",
        SessionOperation => "sessions",
        _ => "others",
    };

    private static Dictionary<string, int> Add(IEnumerable<KeyValuePair<string, int>> counts) => counts.GroupBy(c => c.Key).ToDictionary(g => g.Key, g => g.Sum(c => c.Value));

    /// <summary>From the beginning to the end of the faults.</summary>
    private static double LongestGap(IEnumerable<Operation> acknowledged, long duration)
    {
        long last = 0;
        long longest = 0;
        foreach (var end in acknowledged.Select(o => o.End).Append(duration).Order())
        {
            longest = Math.Max(longest, end - last);
            last = end;
        }
        return longest / 1e6;
    }
}
