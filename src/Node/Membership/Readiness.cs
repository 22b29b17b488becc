using System.Data.Common;
using Akka.Cluster;
using AkkaHa.Node.Api;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Whether this node can be used, as found out by using it: a member, the database answers, the lease is renewed, the journal is written, and slots that are owned here answer.
/// Asked for in the background, so that a probe never waits.
/// </summary>
internal sealed class Readiness(NodeLifecycle lifecycle, IEntities entities, OwnershipStore ownership, NodeSettings settings, Pulse pulse, ILogger<Readiness> log)
    : BackgroundService, IReadiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TrialTakes = TimeSpan.FromMilliseconds(200);

    private volatile ReadinessReport report = ReadinessReport.No("starting");
    private readonly SlotCheck slots = new(entities, settings.Shards, Patience);

    public bool Alive => pulse.Beats;

    public ReadinessReport StrongReady() => lifecycle.Running is null ? ReadinessReport.No($"waiting for {lifecycle.WaitingFor}") : report;

    public ReadinessReport EventualReady() => EventualData.Ready(lifecycle);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var reasons = new List<string>();
            try
            {
                await ProbeAsync(reasons, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is, it is a reason not to be ready, and none to bring the process down.
                reasons.Add(e.Message);
            }
            Report(reasons.Count == 0 ? ReadinessReport.Yes : new ReadinessReport(false, reasons));
            await Task.Delay(Every, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ProbeAsync(List<string> reasons, CancellationToken ct)
    {
        if (lifecycle.Running is not { } node) reasons.Add($"waiting for {lifecycle.WaitingFor}");
        else if (node.Cluster.SelfMember.Status != MemberStatus.Up) reasons.Add($"not a member of the cluster ({node.Cluster.SelfMember.Status})");
        else
        {
            await AskDatabaseAsync(reasons, ct);
            node.Parts.DatabaseAnswers = reasons.Count == 0;
            if (!node.Parts.Leases.Lease.IsOpen(MonotonicClock.NowMs)) reasons.Add($"the lease has run out ({node.Parts.Leases.LastFailure ?? "it was renewed too late"})");
            // Not while it is known already: on PostgreSQL, each trial that hangs keeps a connection of the server's.
            if (reasons.Count == 0) await CheckJournalAsync(node.Parts, reasons);
            if (reasons.Count == 0 && await slots.TroubleAsync(node.Parts.Grants, ct) is { } trouble) reasons.Add(trouble);
        }
    }

    private void Report(ReadinessReport now)
    {
        if (now.Ready && !report.Ready) log.LogInformation("Ready");
        if (!now.Ready && report.Ready) log.LogWarning("Not ready any more: {Reasons}", string.Join("; ", now.Reasons));
        report = now;
    }

    private async Task AskDatabaseAsync(List<string> reasons, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            await ownership.ReadAsync(patience.Token);
        }
        catch (Exception e) when (e is DbException or OperationCanceledException or TimeoutException)
        {
            reasons.Add($"the database does not answer: {e.Message}");
        }
    }

    private static async Task CheckJournalAsync(NodeParts parts, List<string> reasons)
    {
        // As a rule it has ended by then, and the first one of a node that starts is counted at once.
        if (parts.Writes.IsTrialDue(MonotonicClock.NowMs)) await Task.WhenAny(parts.Trial.Begin(), Task.Delay(TrialTakes));
        if (parts.Writes.Trouble(MonotonicClock.NowMs) is { } trouble) reasons.Add(trouble);
    }
}
