using System.Diagnostics.Metrics;

namespace AkkaHa.Node.Metrics;

/// <summary>What the leader alone sees when it looks at the index of keys; 0 on a node that does not lead. Looked at when somebody asks: a value that was told once would stay where it was told when another leads.</summary>
internal static class LeaderGauges
{
    public const string LagName = "akkaha.index.lag";

    public const string DueName = "akkaha.keys.due";

    private static long lag;
    private static long dueByTime;
    private static long dueBySession;

    static LeaderGauges()
    {
        var meter = NodeMeter.Meter;
        meter.CreateObservableGauge(LagName, () => Volatile.Read(ref lag), "{row}", "Rows of the journal that the index had not read when the leader looked; 0 on others.");
        meter.CreateObservableGauge(DueName, () => (Measurement<long>[])
        [
            new(Volatile.Read(ref dueByTime), NodeMeter.Tag("reason", "time")), new(Volatile.Read(ref dueBySession), NodeMeter.Tag("reason", "session")),
        ], "{key}", "Keys that the leader has called on to end, and have not yet, by reason; 0 on others.");
    }

    /// <summary>It looks at the index.</summary>
    public static void Index(long rowsBehind) => Volatile.Write(ref lag, rowsBehind);

    public static void Due(int byTime, int bySession)
    {
        Volatile.Write(ref dueByTime, byTime);
        Volatile.Write(ref dueBySession, bySession);
    }

    /// <summary>Another leads, if any does.</summary>
    public static void Clear()
    {
        Index(0);
        Due(0, 0);
    }
}
