using AkkaHa.Core.Eventual;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Eventual;

/// <summary>Eventual data of the present incarnation.</summary>
internal sealed class EventualData(NodeLifecycle lifecycle) : IEventual
{
    public long NowMs => lifecycle.Running?.Eventual.NowMs ?? EventualParts.OwnMs;

    /// <summary>Whether it can be used through this node: neither the database nor shards are asked.</summary>
    public static ReadinessReport Ready(NodeLifecycle lifecycle) => lifecycle.Running is not { } node ? ReadinessReport.No($"waiting for {lifecycle.WaitingFor}")
        : node.Eventual.Parts.Trouble is { } trouble ? ReadinessReport.No(trouble)
        : ReadinessReport.Yes;

    public Task<EventualWrite> UpdateAsync(EventualUpdate update, EventualConsistency consistency, TimeSpan timeout) => Node.UpdateAsync(update, consistency, timeout);

    public Task<(IReadOnlyList<Bucket> Buckets, bool Reached)> ReadAsync(IReadOnlyList<int> buckets, EventualConsistency consistency, TimeSpan timeout) =>
        Node.ReadAsync(buckets, consistency, timeout);

    public Task<IEventualWatch> WatchAsync(IReadOnlyList<int> buckets) => Node.WatchAsync(buckets);

    private EventualNode Node => lifecycle.Running is { } node
        ? node.Eventual
        : throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"this node has no eventual data now; it waits for {lifecycle.WaitingFor}"));
}
