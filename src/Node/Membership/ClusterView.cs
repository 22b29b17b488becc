using System.Globalization;
using Akka.Cluster;
using AkkaHa.Core.Ownership;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Membership;

/// <summary>Members from gossip, owners from the database.</summary>
internal sealed class ClusterView(NodeLifecycle lifecycle, Ownerships ownerships, NodeSettings settings) : IClusterView
{
    public long? RingVersion => lifecycle.Running?.Parts.Moves.Version;

    public async Task<ClusterState> ClusterAsync(CancellationToken ct)
    {
        var node = Running();
        var state = node.Cluster.State;
        // Who is a member does not depend on the database; how many shards each has does, and then it is as it last was.
        var rows = await ownerships.ReadOrLastAsync(ct);
        var cluster = new ClusterState { Leader = state.Leader?.ToString() ?? "" };
        cluster.Unreachable.AddRange(state.Unreachable.Select(m => m.Address.ToString()));
        foreach (var member in state.Members.OrderBy(m => m.Address.ToString(), StringComparer.Ordinal))
        {
            var facts = MemberFacts.Of(member);
            var holder = MemberFacts.HolderOf(member);
            var shown = new ClusterMember
            {
                Address = member.Address.ToString(), Incarnation = facts.Incarnation, Status = member.Status.ToString(), Version = member.AppVersion.ToString(),
                Shards = rows.Count(r => r.Holder == holder), Http = facts.Http, Grpc = facts.Grpc,
                LeaseSeconds = LeaseSeconds(node, holder),
                UptimeSeconds = Math.Max(0, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - facts.StartedAtMs) / 1000.0,
            };
            shown.Roles.AddRange(facts.Roles);
            cluster.Members.Add(shown);
        }
        return cluster;
    }

    public async Task<RingState> RingAsync(EntityId? entity, CancellationToken ct)
    {
        var node = Running();
        IReadOnlyList<ShardRow> rows;
        try
        {
            rows = await ownerships.ReadAsync(ct);
        }
        catch (OwnersUnreadException e)
        {
            throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"who owns what could not be read: {e.Message}"));
        }
        var state = node.Cluster.State;
        var members = state.Members.Where(m => m.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting)
            .ToDictionary(m => MemberFacts.HolderOf(m), m => (Member: m, Facts: MemberFacts.Of(m), Reachable: !state.Unreachable.Contains(m)), StringComparer.Ordinal);
        var byShard = rows.ToDictionary(r => r.Shard);
        ShardOwner Owner(int shard)
        {
            var owner = new ShardOwner { Shard = shard.ToString(CultureInfo.InvariantCulture) };
            if (!byShard.TryGetValue(shard, out var row)) return owner;
            owner.Epoch = row.Epoch;
            if (row.Holder is null) return owner;
            owner.Node = row.Holder.Split(' ')[0];
            if (!members.TryGetValue(row.Holder, out var member)) return owner;
            owner.Grpc = member.Facts.Grpc;
            owner.Http = member.Facts.Http;
            owner.Allocated = member.Reachable;
            return owner;
        }
        if (entity is { } one)
        {
            var owner = Owner(node.Parts.Shards.ShardOf(one));
            return new RingState
            {
                Shard = owner.Shard, Node = owner.Node, Grpc = owner.Grpc, Http = owner.Http, Epoch = owner.Epoch, Allocated = owner.Allocated, ShardCount = settings.Shards,
            };
        }
        var all = new RingState { ShardCount = settings.Shards };
        all.Shards.AddRange(Enumerable.Range(0, settings.Shards).Select(Owner));
        return all;
    }

    /// <summary>What is left of a member's lease: of its own, this node knows exactly; of others, no less than they have.</summary>
    private double LeaseSeconds(RunningNode node, string holder)
    {
        var leases = node.Parts.Leases;
        var leftMs = holder == node.Parts.Holder
            ? leases.Lease.ValidUntilMs - MonotonicClock.NowMs
            : leases.See(holder) is { UnchangedMs: { } unchanged } seen ? LeaseTimings.WatchOf(seen.Row.LeaseMs) - unchanged : 0;
        return Math.Max(0, leftMs) / 1000.0;
    }

    private RunningNode Running() =>
        lifecycle.Running ?? throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"this node has not started yet; it waits for {lifecycle.WaitingFor}"));

}
