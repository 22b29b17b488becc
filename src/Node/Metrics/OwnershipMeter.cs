using System.Diagnostics.Metrics;
using AkkaHa.Core.Ownership;

namespace AkkaHa.Node.Metrics;

/// <summary>Leases, fences, and shards that change hands.</summary>
internal static class OwnershipMeter
{
    private static readonly Histogram<double> Renewal = NodeMeter.Meter.CreateHistogram<double>(
        "akkaha.lease.renewal.duration", "s", "Renewals of this node's lease that succeeded.", advice: NodeMeter.Seconds);
    private static readonly Counter<long> FailedRenewals = NodeMeter.Meter.CreateCounter<long>("akkaha.lease.renewals.failed", "{renewal}", "Renewals that failed.");
    private static readonly Counter<long> Expiries = NodeMeter.Meter.CreateCounter<long>("akkaha.lease.expiries", "{expiry}", "Times that this node's lease ran out.");
    private static readonly Counter<long> Fences = NodeMeter.Meter.CreateCounter<long>("akkaha.fences", "{fence}", "Other nodes that this one has fenced, by evidence.");
    private static readonly Counter<long> Ends = NodeMeter.Meter.CreateCounter<long>("akkaha.incarnations.ended", "{incarnation}", "Incarnations of this node that ended against its will, by reason.");
    private static readonly Histogram<double> Take = NodeMeter.Meter.CreateHistogram<double>(
        "akkaha.shard.take.duration", "s", "From when a shard was wanted here until it was owned; it has the wait for the last owner's lease.", advice: NodeMeter.Seconds);
    private static readonly Counter<long> Released = NodeMeter.Meter.CreateCounter<long>("akkaha.shards.released", "{shard}", "Shards that this node gave back.");
    private static readonly Histogram<double> Move = NodeMeter.Meter.CreateHistogram<double>(
        "akkaha.shard.move.duration", "s", "Moves of shards of the rebalance, at the coordinator's node.", advice: NodeMeter.Seconds);

    /// <summary>What has not happened yet is told as 0: whoever alerts on an increase sees the first one too.</summary>
    public static void Begin()
    {
        FailedRenewals.Add(0);
        Expiries.Add(0);
        foreach (var reason in (string[])["fenced", "kept-out", "beside", "removed"]) Ends.Add(0, NodeMeter.Tag("reason", reason));
        foreach (var reason in (string[])["crashed", "lease-expired", "without-database", "downed"]) Fences.Add(0, NodeMeter.Tag("reason", reason));
    }

    public static void Renewed(long tookMs) => Renewal.Record(tookMs / 1000.0);

    public static void RenewalFailed() => FailedRenewals.Add(1);

    public static void LeaseRanOut() => Expiries.Add(1);

    public static void Fenced(EvidenceKind evidence) => Fences.Add(1, NodeMeter.Tag("reason", evidence switch
    {
        EvidenceKind.Crashed => "crashed",
        EvidenceKind.LeaseExpired => "lease-expired",
        EvidenceKind.WithoutDatabase => "without-database",
        // By the resolver or an operator.
        _ => "downed",
    }));

    /// <param name="reason">One of few: <c>fenced</c>, <c>kept-out</c>, <c>beside</c>, <c>removed</c>.</param>
    public static void IncarnationEnded(string reason) => Ends.Add(1, NodeMeter.Tag("reason", reason));

    public static void Taken(long afterMs) => Take.Record(afterMs / 1000.0);

    public static void GaveBack(int shards) => Released.Add(shards);

    public static void Moved(long tookMs) => Move.Record(tookMs / 1000.0);
}
