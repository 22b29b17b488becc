using Akka.Actor;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Monitoring;

/// <summary>Gathers what the nodes remember. Those that are unreachable or do not answer in time are named, and the others' is told.</summary>
internal sealed class ClusterHistory
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(800);

    private readonly NodeHistory history;
    private readonly NodeLifecycle lifecycle;
    private readonly IReadiness readiness;
    private readonly NodeSettings settings;

    public ClusterHistory(NodeHistory history, NodeLifecycle lifecycle, IReadiness readiness, NodeSettings settings)
    {
        (this.history, this.lifecycle, this.readiness, this.settings) = (history, lifecycle, readiness, settings);
        lifecycle.Started += Attach;
    }

    /// <summary>From now on this incarnation's membership and shards are noted, and others are answered.</summary>
    private void Attach(RunningNode node)
    {
        node.Parts.Moves.Loaded += rows => history.Owned(rows);
        if (node.Parts.Moves.Rows is { Count: > 0 } rows) history.Owned(rows);
        node.System.ActorOf(Props.Create(() => new HistoryDesk(history, Own)), HistoryDesk.Name);
    }

    public async Task<HistoryView> AskAsync(long sinceMs, CancellationToken ct)
    {
        var own = Own(sinceMs);
        if (lifecycle.Running is not { } node) return HistoryMerge.Of(history.NowMs, [own], []);
        var others = node.Cluster.State.Members.Where(m => m.UniqueAddress != node.Cluster.SelfUniqueAddress).ToArray();
        var unreachable = node.Cluster.State.Unreachable;
        var asked = await Task.WhenAll(others.Select(async member =>
            (Address: member.Address.ToString(), Report: unreachable.Contains(member) ? null : await TryAskAsync(node, member.Address, new HistoryQuery { SinceMs = sinceMs, NowMs = history.NowMs }, ct))));
        return HistoryMerge.Of(history.NowMs, [own, .. asked.Select(a => a.Report).OfType<HistoryReport>()], [.. asked.Where(a => a.Report is null).Select(a => a.Address)]);
    }

    private static async Task<HistoryReport?> TryAskAsync(RunningNode node, Address address, HistoryQuery query, CancellationToken ct)
    {
        try
        {
            return await node.System.ActorSelection(new RootActorPath(address) / "user" / HistoryDesk.Name).Ask<HistoryReport>(query, Patience, ct);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    private HistoryReport Own(long sinceMs)
    {
        var report = history.Report(sinceMs);
        var ready = readiness.StrongReady();
        report.Ready = ready.Ready;
        report.Reasons.AddRange(ready.Reasons);
        report.Storage = settings.Storage.Provider;
        if (lifecycle.Running is not { } node) return report;
        (report.Address, report.Incarnation, report.LeaseFailure) = (node.Cluster.SelfAddress.ToString(), node.Parts.Incarnation, node.Parts.Leases.LastFailure ?? "");
        return report;
    }
}
