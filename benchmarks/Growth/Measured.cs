using AkkaHa.Load;

namespace AkkaHa.Growth;

/// <summary>What clients that wait for their answers got, and what it cost.</summary>
/// <param name="PerSecond">Operations a second.</param>
/// <param name="P50Ms">Half of them took no longer.</param>
/// <param name="P99Ms">All but one in a hundred took no longer.</param>
/// <param name="NodesMicros">CPU time of the nodes for each.</param>
/// <param name="DatabaseMicros">CPU time of the database for each.</param>
/// <param name="Errors">How many failed.</param>
internal sealed record Measured(double PerSecond, double P50Ms, double P99Ms, double NodesMicros, double DatabaseMicros, long Errors)
{
    public double Micros => NodesMicros + DatabaseMicros;

    public static Measured Of(LoopRun run, CpuTime used) => new(
        Math.Round(run.PerSecond, 1), Ms(run, 50), Ms(run, 99), Math.Round(used.NodesMicros / Math.Max(1, run.Count), 1), Math.Round(used.DatabaseMicros / Math.Max(1, run.Count), 1), run.Errors);

    private static double Ms(LoopRun run, double percentile) => run.Count == 0 ? 0 : run.Micros.GetValueAtPercentile(percentile) / 1000.0;
}

/// <summary>CPU time that was used, microseconds.</summary>
internal readonly record struct CpuTime(double NodesMicros, double DatabaseMicros)
{
    public static CpuTime operator -(CpuTime later, CpuTime earlier) => new(later.NodesMicros - earlier.NodesMicros, later.DatabaseMicros - earlier.DatabaseMicros);
}

/// <summary>What all use when nobody asks them anything, in cores.</summary>
internal sealed record Idle(double NodesCores, double DatabaseCores);

/// <summary>What all nodes together have in memory.</summary>
/// <param name="MiB">What processes share counts once; with what is not collected yet.</param>
/// <param name="HeapMiB">Of objects, after each node's last collection.</param>
/// <param name="Keys">Keys that are awake.</param>
/// <param name="Locks">Locks that are awake.</param>
internal sealed record Footprint(double MiB, double HeapMiB, long Keys, long Locks);

/// <summary>On disk.</summary>
/// <param name="JournalMiB">The rows.</param>
/// <param name="JournalIndexesMiB">Their indexes.</param>
/// <param name="ListsMiB">What lists are read from, with its indexes.</param>
internal sealed record Stored(double JournalMiB, double JournalIndexesMiB, double ListsMiB);

/// <summary>How a cluster came back after all of its nodes were killed.</summary>
/// <param name="ReadySeconds">Until each said that it is ready.</param>
/// <param name="AnswersSeconds">Until each shard had answered.</param>
internal sealed record Back(double ReadySeconds, double AnswersSeconds);

/// <summary>What a kill of one of the nodes did under a moderate load.</summary>
/// <param name="GapSeconds">The longest time without an answer at a hot name of the node.</param>
/// <param name="AllAnswerSeconds">Until every shard of the node had answered; null: one had not.</param>
/// <param name="OthersGapSeconds">The same at hot names of the other nodes.</param>
/// <param name="BackSeconds">From the node's new start until all was as before, 2 s of watching in it; null: not in time.</param>
/// <param name="GivenUp">Calls that the client gave up.</param>
internal sealed record Kill(double GapSeconds, double? AllAnswerSeconds, double OthersGapSeconds, double? BackSeconds, int GivenUp)
{
    public static Kill Of(Round round) => new(
        round.VictimHot.Longest.TotalSeconds, round.VictimAll.AllAnsweredAfter?.TotalSeconds, round.OthersHot.Longest.TotalSeconds, round.BackTook?.TotalSeconds, round.VictimAll.GivenUp + round.OthersAll.GivenUp);
}
