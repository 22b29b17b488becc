using System.Data.Common;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Moves this node's shards to the others before it begins to leave: a few at a time, each of which is without an owner for an instant only (see <see cref="Placement.RingAllocation"/>), and what is left
/// all at once. Akka's own order would stop all shards together, and end the coordinator, where this is its host, as soon as they have stopped here:
/// those that have no next owner by then would wait for the next coordinator.
/// </summary>
internal sealed class HandOver(NodeParts parts, Akka.Cluster.Cluster cluster, MembershipSignals signals, ILogger log)
{
    private static readonly TimeSpan MoveAtMost = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan NoneMovesFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopAtMost = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TakenAtMost = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Done when every shard that was held here has its next owner, or there is nobody to take them, or that takes too long: the leave then goes on, and does what is left.</summary>
    public async Task RunAsync()
    {
        if (!OthersAreThere()) return;
        var mine = parts.Grants.Shards;
        signals.TellLeaving();
        await WhenMovedAsync();
        if (parts.Grants.Count > 0) log.LogInformation("{Count} of {All} shards have not moved yet; now all at once", parts.Grants.Count, mine.Count);
        try
        {
            var stopped = parts.Region.WatchAsync();
            parts.Region.Tell(GracefulShutdown.Instance);
            await stopped.WaitAsync(StopAtMost);
            using var patience = new CancellationTokenSource(TakenAtMost);
            while (OthersAreThere() && await LeftAsync(mine, patience.Token) > 0) await Task.Delay(LookEvery, patience.Token);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or DbException or SocketException)
        {
            log.LogWarning("Not all of the {Count} shards of this node have been seen at their next owner: {Message}", mine.Count, e.Message);
        }
    }

    /// <summary>While one shard after the other goes.</summary>
    private async Task WhenMovedAsync()
    {
        var (startedMs, movedMs, left) = (MonotonicClock.NowMs, MonotonicClock.NowMs, parts.Grants.Count);
        while (left > 0 && OthersAreThere() && MonotonicClock.NowMs - startedMs < MoveAtMost.TotalMilliseconds && MonotonicClock.NowMs - movedMs < NoneMovesFor.TotalMilliseconds)
        {
            await Task.Delay(LookEvery);
            var now = parts.Grants.Count;
            if (now < left) movedMs = MonotonicClock.NowMs;
            left = now;
        }
    }

    private bool OthersAreThere() =>
        cluster.State.Members.Any(m => m.Status == MemberStatus.Up && m.UniqueAddress != cluster.SelfUniqueAddress && !cluster.State.Unreachable.Contains(m));

    private async Task<int> LeftAsync(IReadOnlySet<int> shards, CancellationToken ct) =>
        (await parts.Ownership.ReadAsync(ct)).Count(r => shards.Contains(r.Shard) && (r.Holder is null || r.Holder == parts.Holder));
}
