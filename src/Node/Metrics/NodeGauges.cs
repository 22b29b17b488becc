using System.Diagnostics.Metrics;
using Akka.Cluster;
using AkkaHa.Node.Api;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Metrics;

/// <summary>What a node is at the moment, looked at when somebody asks.</summary>
internal sealed class NodeGauges
{
    private readonly Func<RunningNode?> running;

    public NodeGauges(NodeLifecycle lifecycle, IReadiness readiness, NodeSettings settings)
        : this(() => lifecycle.Running, () => readiness.StrongReady().Ready, settings.Shards)
    {
    }

    /// <param name="running">The present incarnation; null: there is none.</param>
    /// <param name="ready">Whether the node is ready.</param>
    /// <param name="shards">How many there are.</param>
    public NodeGauges(Func<RunningNode?> running, Func<bool> ready, int shards)
    {
        this.running = running;
        var meter = NodeMeter.Meter;
        meter.CreateObservableGauge<int>("akkaha.ready", () => ready() ? 1 : 0, null, "1: as /ready says 200.");
        meter.CreateObservableGauge<double>("akkaha.lease.remaining", () => LeaseSeconds(), "s", "What is left of this node's lease.");
        meter.CreateObservableGauge<int>("akkaha.shards.owned", () => running()?.Parts.Grants.Count ?? 0, "{shard}", "Shards that this node owns.");
        meter.CreateObservableGauge<int>("akkaha.shards", () => shards, "{shard}", "Shards that there are.");
        meter.CreateObservableGauge<double>("akkaha.eventual.lag", observeValues: Lag, unit: "s", description: "For how long the oldest change of eventual data waits to be in this node's file, or at members that can't be reached.");
        meter.CreateObservableGauge<int>("akkaha.members", observeValues: Members, unit: "{member}", description: "Members as this node sees them, by status; one that can't be reached counts as unreachable alone.");
    }

    private double LeaseSeconds() => running() is { } node ? Math.Max(0, node.Parts.Leases.Lease.ValidUntilMs - MonotonicClock.NowMs) / 1000.0 : 0;

    private IEnumerable<Measurement<double>> Lag()
    {
        var (file, members) = running()?.Eventual.Parts.Lag.At(Environment.TickCount64) ?? default;
        return [new Measurement<double>(file, NodeMeter.Tag("until", "file")), new Measurement<double>(members, NodeMeter.Tag("until", "members"))];
    }

    private IEnumerable<Measurement<int>> Members()
    {
        var state = running()?.Cluster.State;
        // All of them each time: one that is not told any more would keep its last value.
        var counts = new Dictionary<string, int>(StringComparer.Ordinal) { ["unreachable"] = 0 };
        foreach (var status in Enum.GetValues<MemberStatus>()) counts[Name(status)] = 0;
        foreach (var member in state is null ? [] : state.Members) counts[state!.Unreachable.Contains(member) ? "unreachable" : Name(member.Status)]++;
        return counts.Select(c => new Measurement<int>(c.Value, NodeMeter.Tag("status", c.Key)));
    }

    private static string Name(MemberStatus status) => status switch
    {
        MemberStatus.Joining => "joining",
        MemberStatus.WeaklyUp => "weakly-up",
        MemberStatus.Up => "up",
        MemberStatus.Leaving => "leaving",
        MemberStatus.Exiting => "exiting",
        MemberStatus.Down => "down",
        _ => "removed",
    };
}
