using System.Data.Common;
using Akka.Cluster;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Whether this node can be used, as found out by using it: a member, the database answers and is written to (the lease), and slots on every node answer.
/// Asked for in the background, so that a probe never waits.
/// </summary>
internal sealed class Readiness(NodeLifecycle lifecycle, IEntities entities, OwnershipStore ownership, NodeSettings settings, Pulse pulse, ILogger<Readiness> log)
    : BackgroundService, IReadiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private volatile ReadinessReport report = ReadinessReport.No("starting");
    private int nextSlot;

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
            // It is renewed by writing: where that fails, nothing else can be written either.
            if (!node.Parts.Leases.Lease.IsOpen(MonotonicClock.NowMs)) reasons.Add($"the lease has run out ({node.Parts.Leases.LastFailure ?? "it was renewed too late"})");
            if (reasons.Count == 0) await AskSlotsAsync(reasons, ct);
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

    /// <summary>A few different slots each time: in the end one of every node.</summary>
    private async Task AskSlotsAsync(List<string> reasons, CancellationToken ct)
    {
        try
        {
            for (var i = 0; i < 4; i++)
            {
                nextSlot = (nextSlot + 37) % settings.Shards;
                var slot = EntityId.SessionSlot(nextSlot).ToString();
                var reply = await entities.AskAsync(new Command { Entity = slot, Wake = new Wake() }, Patience, ct);
                if (reply.Failure is not { } failure) continue;
                reasons.Add($"{slot} does not answer: {failure.Message}");
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
