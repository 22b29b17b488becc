using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using AkkaHa.Core.Placement;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Placement;

/// <summary>
/// Puts each shard on the node that the ring names. Shards move only while the cluster is calm: no member unreachable, joining or of another
/// version; and only a part at a time. Those of a node that is going to leave move as soon as no member is unreachable. What the coordinator knows of where shards are may be
/// older than what the database says (ADR 0024); then the database is right.
/// </summary>
/// <param name="shards">How many there are.</param>
/// <param name="clusterState">The present one.</param>
/// <param name="selfAddress">Of this node.</param>
/// <param name="isLeaving">Whether that incarnation is going to leave.</param>
/// <param name="livingHolder">The address of the member that has a shard by its row, as it was last read, and stays; null: none, or not known.</param>
internal sealed class RingAllocation(
    int shards, Func<ClusterEvent.CurrentClusterState> clusterState, Func<Address> selfAddress, Func<string, bool> isLeaving, Func<int, string?> livingHolder) : IShardAllocationStrategy
{
    /// <summary>A shard that is elsewhere than the coordinator believes is moved there after so many rounds: longer than any taking that is merely under way.</summary>
    private const int RoundsElsewhere = 6;

    /// <summary>Of all shards, this part moves at once: the coordinator writes down one step of one shard after the other, and all that have begun wait for it.</summary>
    private const int MovePart = 16;

    /// <summary>
    /// A node that has just come is slow with everything that it does for the first time. It gets this many shards to begin with, and in each round no more than it has.
    /// </summary>
    private const int FirstShards = 2;

    private static readonly RingOptions Defaults = new();

    /// <summary>Shards that are to move: to where the ring says, whoever has them.</summary>
    private readonly HashSet<string> moving = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> elsewhere = new(StringComparer.Ordinal);
    private readonly MoveTimes times = new();
    private HashRing? last;

    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
    {
        var byNode = ByNode(currentShardAllocations.Keys);
        var moves = moving.Remove(shardId);
        // One that has an owner which lives can't be taken from it: whoever else were named would wait for ever.
        var node = !moves && LivingHolder(shardId, byNode.Keys) is { } holder ? holder : Ring(byNode.Keys).NodeFor(Number(shardId));
        return Task.FromResult(byNode[node]);
    }

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
    {
        var moves = ImmutableHashSet<string>.Empty;
        times.Ended(rebalanceInProgress);
        var (leaving, calm) = (Leaving(), IsCalm());
        if (currentShardAllocations.Count > 0 && clusterState().Unreachable.IsEmpty && (calm || leaving.Count > 0))
        {
            var ring = Ring(ByNode(currentShardAllocations.Keys).Keys);
            var most = Math.Max(1, shards / MovePart) - rebalanceInProgress.Count;
            var has = currentShardAllocations.ToDictionary(region => NodeOf(region.Key), region => region.Value.Count, StringComparer.Ordinal);
            moves = currentShardAllocations
                .SelectMany(region => region.Value.Select(shard => (Node: NodeOf(region.Key), Shard: shard, Target: ring.NodeFor(Number(shard)))))
                .Where(at => !rebalanceInProgress.Contains(at.Shard) && at.Target != at.Node && (calm || leaving.Contains(at.Node)))
                .GroupBy(at => at.Target, StringComparer.Ordinal)
                .SelectMany(to => to.Select(at => at.Shard).Order(StringComparer.Ordinal).Take(Math.Max(FirstShards, has.GetValueOrDefault(to.Key))))
                .Order(StringComparer.Ordinal).Take(Math.Max(0, most)).ToImmutableHashSet();
        }
        moving.UnionWith(moves);
        times.Begin(moves);
        return Task.FromResult<IImmutableSet<string>>(moves.Union(Misplaced(currentShardAllocations, rebalanceInProgress)));
    }

    /// <summary>Those that another living node has, and has had for a while: let go where the coordinator believes them to be, they are then found where they are.</summary>
    private IEnumerable<string> Misplaced(IImmutableDictionary<IActorRef, IImmutableList<string>> allocations, IImmutableSet<string> inProgress)
    {
        var nodes = ByNode(allocations.Keys);
        var now = allocations.SelectMany(region => region.Value.Where(shard => !inProgress.Contains(shard) && LivingHolder(shard, nodes.Keys) is { } holder && holder != NodeOf(region.Key))).ToHashSet(StringComparer.Ordinal);
        foreach (var shard in elsewhere.Keys.Where(s => !now.Contains(s)).ToArray()) elsewhere.Remove(shard);
        foreach (var shard in now) elsewhere[shard] = elsewhere.GetValueOrDefault(shard) + 1;
        return elsewhere.Where(e => e.Value >= RoundsElsewhere).Select(e => e.Key).ToArray();
    }

    private string? LivingHolder(string shardId, IEnumerable<string> regions) => livingHolder(Number(shardId)) is { } holder && regions.Contains(holder) ? holder : null;

    private static int Number(string shardId) => int.Parse(shardId, NumberStyles.None, CultureInfo.InvariantCulture);

    private bool IsCalm()
    {
        var state = clusterState();
        return state.Members.All(m => m.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Removed)
            && state.Members.Select(m => m.AppVersion).Distinct().Count() <= 1;
    }

    private HashSet<string> Leaving() =>
        clusterState().Members.Where(m => isLeaving(MemberFacts.Of(m).Incarnation)).Select(m => m.Address.ToString()).ToHashSet(StringComparer.Ordinal);

    /// <summary>Of those that stay, if any does.</summary>
    private HashRing Ring(IReadOnlyCollection<string> all)
    {
        var leaving = Leaving();
        var nodes = all.All(leaving.Contains) ? all : all.Where(n => !leaving.Contains(n));
        var weights = clusterState().Members.ToDictionary(m => m.Address.ToString(), m => MemberFacts.Of(m).Weight, StringComparer.Ordinal);
        var members = nodes.Select(n => new RingNode(n, weights.GetValueOrDefault(n, 1))).OrderBy(n => n.Id, StringComparer.Ordinal).ToArray();
        // The coordinator asks for one shard after the other: one ring serves them all until the members change.
        if (last is null || !last.Nodes.SequenceEqual(members)) last = HashRing.Of(members, Defaults with { Shards = shards });
        return last;
    }

    private Dictionary<string, IActorRef> ByNode(IEnumerable<IActorRef> regions)
    {
        var byNode = new Dictionary<string, IActorRef>(StringComparer.Ordinal);
        foreach (var region in regions) byNode[NodeOf(region)] = region;
        return byNode;
    }

    /// <summary>A region of our own has a path without an address.</summary>
    private string NodeOf(IActorRef region) => (region.Path.Address.HasLocalScope ? selfAddress() : region.Path.Address).ToString();
}
