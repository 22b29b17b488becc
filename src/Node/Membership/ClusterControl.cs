using System.Data.Common;
using Akka.Cluster;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Membership;

/// <summary>An operator's hand on the membership.</summary>
internal sealed class ClusterControl(NodeLifecycle lifecycle, ILogger<ClusterControl> log) : IClusterControl
{
    private static readonly TimeSpan FenceAtMost = TimeSpan.FromSeconds(3);

    public async Task<NodeChange?> LeaveAsync(string address, CancellationToken ct)
    {
        var node = Running();
        if (Find(node, address) is not { } member) return null;
        log.LogInformation("{Address} is asked to leave", address);
        // The member itself does the rest, see NodeLifecycle; also one that gives no answer, when it sees its own status.
        if (!await node.Signals.AskToLeaveAsync(member, ct)) node.Cluster.Leave(member.Address);
        return new NodeChange { Address = address, Incarnation = MemberFacts.Of(member).Incarnation };
    }

    public async Task<NodeChange?> DownAsync(string address, CancellationToken ct)
    {
        var node = Running();
        if (Find(node, address) is not { } member) return null;
        var change = new NodeChange { Address = address, Incarnation = MemberFacts.Of(member).Incarnation };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(FenceAtMost);
        try
        {
            change.Fenced = await node.Parts.LeaseStore.FenceAsync(node.Parts.Holder, MemberFacts.HolderOf(member), atCounter: null, patience.Token);
        }
        catch (Exception e) when (e is DbException or System.Net.Sockets.SocketException or TimeoutException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Its shards can't be taken either before the database is back; whoever takes them then fences it.
            log.LogWarning("{Address} could not be fenced before it goes down: {Message}", address, e.Message);
        }
        log.LogWarning("{Address} is downed by an operator{Fenced}", address, change.Fenced ? ", and fenced" : "");
        node.Cluster.Down(member.Address);
        return change;
    }

    private static Member? Find(RunningNode node, string address) => node.Cluster.State.Members.FirstOrDefault(m => m.Address.ToString() == address);

    private RunningNode Running() =>
        lifecycle.Running ?? throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"this node has not started yet; it waits for {lifecycle.WaitingFor}"));
}
