using AkkaHa.Load;

namespace AkkaHa.Overload;

/// <summary>What was seen of one phase. Latencies are of calls that succeeded, from when each was due, in milliseconds.</summary>
/// <param name="Name">Which.</param>
/// <param name="Seconds">How long.</param>
/// <param name="Offered">Calls a second that were due.</param>
/// <param name="Accepted">Of them, calls a second that succeeded.</param>
/// <param name="Shed">Refusals a second, as the nodes count them, by what calls waited for.</param>
/// <param name="GivenUp">Calls that neither succeeded nor were refused.</param>
/// <param name="KeepAliveP99">Of the sessions.</param>
/// <param name="KeepAliveWorst">Of the sessions.</param>
/// <param name="SenderLateMs">How far the sender was behind its plan at worst; part of the latencies.</param>
internal sealed record Phase(string Name, double Seconds, double Offered, double Accepted, IReadOnlyDictionary<string, double> Shed, double GivenUp, double P50, double P99, double P999, double KeepAliveP99, double KeepAliveWorst, double SenderLateMs);

/// <summary>The calls of a time, by when they were due.</summary>
internal static class Calls
{
    /// <summary>Latencies in milliseconds, sorted.</summary>
    public static double[] Between(LaneSet lanes, long from, long to) =>
        [.. lanes.All.SelectMany(l => l.Acknowledgements()).Where(a => a.DueAt >= from && a.DueAt < to).Select(a => a.Waited.TotalMilliseconds).Order()];

    public static int Failed(LaneSet lanes, long from, long to) => lanes.All.Sum(l => l.FailuresDue(from, to));

    /// <summary>The nearest rank; 0: there were none.</summary>
    public static double At(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    /// <summary>
    /// From the end of the overload until p99 is what it was before: the beginning of the first second in which no quarter had a worse p99 than the worst quarter before. Null: not in this time.
    /// </summary>
    public static double? SecondsUntilCalm(LaneSet lanes, long calmFrom, long calmTo, long from, long to)
    {
        var quarter = TimeProvider.System.TimestampFrequency / 4;
        var all = lanes.All.SelectMany(l => l.Acknowledgements()).ToArray();
        double[] Quarters(long begin, long end)
        {
            var waits = all.Where(a => a.DueAt >= begin && a.DueAt < end).ToLookup(a => (a.DueAt - begin) / quarter, a => a.Waited.TotalMilliseconds);
            return [.. Enumerable.Range(0, (int)((end - begin) / quarter)).Select(q => waits[q].Any() ? At([.. waits[q].Order()], 0.99) : double.MaxValue)];
        }
        var before = Quarters(calmFrom, calmTo).Max();
        var after = Quarters(from, to);
        for (var q = 0; q + 4 <= after.Length; q++)
            if (after.Skip(q).Take(4).All(p99 => p99 <= before)) return q / 4.0;
        return null;
    }
}
