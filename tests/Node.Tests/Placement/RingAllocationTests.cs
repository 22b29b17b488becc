using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Cluster;
using Akka.Util;
using AkkaHa.Core.Placement;
using AkkaHa.Node.Placement;
using Xunit;

namespace AkkaHa.Node.Tests.Placement;

/// <summary>What the coordinator believes may be older than the rows of the shards. ADR 0024.</summary>
public sealed class RingAllocationTests
{
    private const int Shards = 16;
    private const int RoundsUntilSure = 6;
    private static readonly string[] Nodes = ["akka.tcp://AkkaHa@a:1", "akka.tcp://AkkaHa@b:1", "akka.tcp://AkkaHa@c:1"];

    private readonly Dictionary<int, string> rows = [];
    private readonly IActorRef[] regions = [.. Nodes.Select(n => new Region(Address.Parse(n)))];
    private readonly HashRing ring = HashRing.Of([.. Nodes.Select(n => new RingNode(n, 1))], new RingOptions() with { Shards = Shards });
    private readonly RingAllocation allocation;
    private ImmutableSortedSet<Member> members = [];

    public RingAllocationTests() => allocation = new RingAllocation(
        Shards, () => new ClusterEvent.CurrentClusterState(members, [], [], null, ImmutableDictionary<string, Address>.Empty), () => Address.Parse(Nodes[0]), _ => false, shard => rows.GetValueOrDefault(shard));

    [Fact]
    public async Task A_shard_that_nobody_has_goes_where_the_ring_says()
    {
        for (var shard = 0; shard < Shards; shard++) Assert.Equal(ring.NodeFor(shard), await AllocateAsync(shard));
    }

    [Fact]
    public async Task A_shard_that_a_living_node_has_is_found_there()
    {
        rows[3] = NotByRing(3);
        Assert.Equal(rows[3], await AllocateAsync(3));
    }

    [Fact]
    public async Task A_shard_whose_holder_has_no_region_goes_where_the_ring_says()
    {
        rows[3] = "akka.tcp://AkkaHa@gone:1";
        Assert.Equal(ring.NodeFor(3), await AllocateAsync(3));
    }

    [Fact]
    public async Task A_shard_that_was_ordered_to_move_goes_where_the_ring_says_though_its_row_still_names_the_old_owner()
    {
        rows[3] = NotByRing(3);
        Assert.Contains("3", await RebalanceAsync(shard => shard == 3 ? rows[3] : ring.NodeFor(shard)));
        Assert.Equal(ring.NodeFor(3), await AllocateAsync(3));
        Assert.Equal(rows[3], await AllocateAsync(3));
    }

    [Fact]
    public async Task A_shard_that_another_node_has_had_for_a_while_is_let_go_where_it_is_believed_to_be_and_found_there()
    {
        rows[3] = NotByRing(3);
        for (var round = 1; round < RoundsUntilSure; round++) Assert.Empty(await RebalanceAsync(ring.NodeFor));
        Assert.Equal(["3"], await RebalanceAsync(ring.NodeFor));
        Assert.Equal(rows[3], await AllocateAsync(3));
    }

    [Fact]
    public async Task A_shard_that_is_being_taken_just_now_is_left_alone()
    {
        for (var round = 0; round < 4 * RoundsUntilSure; round++)
        {
            if (round % RoundsUntilSure == RoundsUntilSure - 1) rows.Remove(3);
            else rows[3] = NotByRing(3);
            Assert.Empty(await RebalanceAsync(ring.NodeFor));
        }
    }

    [Fact]
    public async Task While_members_are_of_two_versions_nothing_moves_and_when_they_are_of_one_the_ring_evens_out()
    {
        members = [Up(0, "0.10.0"), Up(1, "0.10.0"), Up(2, "0.1.0")];
        Assert.Empty(await RebalanceAsync(shard => shard == 3 ? NotByRing(3) : ring.NodeFor(shard)));
        members = [.. members.Take(2), Up(2, "0.10.0")];
        Assert.Equal(["3"], await RebalanceAsync(shard => shard == 3 ? NotByRing(3) : ring.NodeFor(shard)));
    }

    private static Member Up(int node, string version) =>
        Create(null, new UniqueAddress(Address.Parse(Nodes[node]), node), node, MemberStatus.Up, [], AppVersion.Create(version));

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    private static extern Member Create(Member? of, UniqueAddress address, int upNumber, MemberStatus status, ImmutableHashSet<string> roles, AppVersion version);

    private string NotByRing(int shard) => Nodes.First(n => n != ring.NodeFor(shard));

    private async Task<string> AllocateAsync(int shard) =>
        (await allocation.AllocateShard(regions[0], Text(shard), Allocations(_ => ""))).Path.Address.ToString();

    private async Task<IImmutableSet<string>> RebalanceAsync(Func<int, string> at) => await allocation.Rebalance(Allocations(at), []);

    private ImmutableDictionary<IActorRef, IImmutableList<string>> Allocations(Func<int, string> at) => regions.ToImmutableDictionary(
        r => r, r => (IImmutableList<string>)Enumerable.Range(0, Shards).Where(s => at(s) == r.Path.Address.ToString()).Select(Text).ToImmutableList());

    private static string Text(int shard) => shard.ToString(CultureInfo.InvariantCulture);

    private sealed class Region(Address address) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(address) / "region";

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }
}
