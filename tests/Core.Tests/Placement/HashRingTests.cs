using AkkaHa.Messages.Placement;
using AkkaHa.Core.Placement;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

public sealed class HashRingTests
{
    [Fact]
    public void No_node_is_above_its_bound() => Rings.Any.Sample(ring => Assert.Empty(ring.AboveTheBound()));

    [Fact]
    public void Without_the_bound_the_same_check_finds_a_node_above_it() =>
        Assert.NotEmpty(Rings.Of(count: 10, shards: 256, bounded: false).AboveTheBound());

    [Fact]
    public void The_bound_is_eleven_tenths_of_the_weighted_share_rounded_up() => Rings.Any.Sample(ring =>
        Assert.All(ring.Nodes, node => Assert.Equal(
            (int)Math.Ceiling(1.1m * ring.Options.Shards * node.Weight / ring.TotalWeight), ring.BoundOf(node.Id))));

    [Fact]
    public void Every_shard_is_on_exactly_one_node_of_the_ring() => Rings.Any.Sample(ring =>
    {
        var shards = ring.Nodes.SelectMany(node => ring.Assignment.ShardsOf(node.Id)).Order();
        Assert.Equal(Enumerable.Range(0, ring.Options.Shards), shards);
        Assert.All(ring.Nodes, node =>
        {
            Assert.Equal(ring.Assignment.LoadOf(node.Id), ring.Assignment.ShardsOf(node.Id).Length);
            Assert.All(ring.Assignment.ShardsOf(node.Id), shard => Assert.Equal(node.Id, ring.NodeFor(shard)));
        });
    });

    [Fact]
    public void The_order_of_joins_does_not_matter() =>
        Gen.Select(Rings.Any, Gen.Int[0, int.MaxValue]).Sample((ring, seed) =>
        {
            var nodes = ring.Nodes.OrderBy(n => StableHash.Of($"{seed}{n.Id}")).ToArray();
            var grown = nodes.Skip(1).Aggregate(
                HashRing.Of([nodes[0]], ring.Options), (grown, node) => grown.AddNode(node.Id, node.Weight));
            Assert.Equal(ring.Owners(), grown.Owners());
        });

    [Fact]
    public void A_node_that_comes_and_goes_leaves_no_trace() =>
        Gen.Select(Rings.Any, Rings.Newcomer, Gen.Int[1, 5]).Sample((ring, node, weight) =>
            Assert.Equal(ring.Owners(), ring.AddNode(node, weight).RemoveNode(node).Owners()));

    [Fact]
    public void Weights_are_respected()
    {
        // Without the bound, which would hide points that ignore weight by filling nodes up.
        var ring = HashRing.Of([new("light", 1), new("middle", 2), new("heavy", 5)], new RingOptions { Shards = 8_000 }).Plain();
        Assert.InRange(ring.Assignment.LoadOf("light"), 800, 1_200);
        Assert.InRange(ring.Assignment.LoadOf("middle"), 1_700, 2_300);
        Assert.InRange(ring.Assignment.LoadOf("heavy"), 4_500, 5_500);
    }

    [Fact]
    public void The_fill_does_what_its_rule_says() => Rings.Any.Sample(ring =>
    {
        var points = ring.Nodes
            .SelectMany(n => Enumerable.Range(0, n.Weight * ring.Options.Replicas)
                .Select(r => (Place: StableHash.Of($"{n.Id}#{r}"), n.Id)))
            .OrderBy(p => p.Place).ThenBy(p => p.Id, StringComparer.Ordinal).ToArray();
        var load = ring.Nodes.ToDictionary(n => n.Id, _ => 0);
        var placed = new string?[ring.Options.Shards];
        for (var step = 0; placed.Contains(null); step++)
        {
            for (var shard = 0; shard < placed.Length; shard++)
            {
                var place = StableHash.Of($"shard/{shard}");
                var asked = points[(points.Count(p => p.Place < place) + step) % points.Length].Id;
                if (placed[shard] is null && load[asked] < ring.BoundOf(asked))
                    load[placed[shard] = asked]++;
            }
        }

        Assert.Equal(placed, ring.Owners());
    }, iter: 20);

    [Fact]
    public void Bounds_too_low_for_all_shards_are_a_bug_and_not_an_endless_walk() =>
        Assert.Throws<InvalidOperationException>(() => BoundedFill.Fill(RingPoints.Of([new("a")], 4), [9], 10));
}
