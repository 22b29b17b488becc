using AkkaHa.Core.Placement;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

public sealed class MovesTests
{
    static readonly Gen<(HashRing Before, HashRing After, string Node)> Join =
        from ring in Rings.Any
        from node in Rings.Newcomer
        from weight in Gen.Int[1, 5]
        select (ring, ring.AddNode(node, weight), node);

    [Fact]
    public void A_join_moves_only_what_the_newcomer_gets_and_what_the_bound_forces() => Join.Sample(join =>
    {
        var moves = Moves.Between(join.Before.Assignment, join.After.Assignment);
        Assert.Equal(join.After.Assignment.LoadOf(join.Node), moves.ByRing);
        Assert.InRange(moves.ByRing, 0, join.After.BoundOf(join.Node));
        Assert.All(moves.All, move => Assert.Equal(move.To == join.Node, move.Cause == MoveCause.Ring));
    });

    [Fact]
    public void A_leave_moves_only_what_the_leaver_had_and_what_the_bound_forces() => Join.Sample(join =>
    {
        var moves = Moves.Between(join.After.Assignment, join.Before.Assignment);
        Assert.Equal(join.After.Assignment.LoadOf(join.Node), moves.ByRing);
        Assert.InRange(moves.ByRing, 0, join.After.BoundOf(join.Node));
        Assert.All(moves.All, move => Assert.Equal(move.From == join.Node, move.Cause == MoveCause.Ring));
    });

    [Fact]
    public void The_bound_moves_only_shards_that_a_full_node_turned_away() => Join.Sample(join =>
    {
        var (plainBefore, plainAfter) = (join.Before.Plain(), join.After.Plain());
        foreach (var move in Moves.Between(join.Before.Assignment, join.After.Assignment).All)
        {
            var strayBefore = plainBefore.NodeFor(move.Shard) != move.From;
            var strayAfter = plainAfter.NodeFor(move.Shard) != move.To;
            Assert.True(move.Cause == MoveCause.Ring || strayBefore || strayAfter, $"{move} was at home, and had no need to move");
        }
    });

    [Fact]
    public void A_ring_without_a_bound_moves_nothing_between_nodes_that_stay() => Join.Sample(join =>
        Assert.Equal(0, Moves.Between(join.Before.Plain().Assignment, join.After.Plain().Assignment).ByBound));

    [Fact]
    public void With_room_everywhere_a_join_moves_exactly_what_the_plain_ring_moves()
    {
        // 2 nodes, 65,536 shards and many points: the plain ring is within its bound, before and after.
        var options = new RingOptions { Shards = 65_536, Replicas = 2_048 };
        var before = HashRing.Of([new("a"), new("b")], options);
        var after = before.AddNode("c");
        Assert.Empty(before.Plain().AboveTheBound());
        Assert.Empty(after.Plain().AboveTheBound());
        Assert.Equal(
            Moves.Between(before.Plain().Assignment, after.Plain().Assignment).All.AsEnumerable(),
            Moves.Between(before.Assignment, after.Assignment).All.AsEnumerable());
    }

    // Mean over 20 clusters of each size; nothing is random, so these are facts of the algorithm and not odds.
    [Theory]
    [InlineData(3, 256)]
    [InlineData(5, 256)]
    [InlineData(10, 256)]
    [InlineData(10, 4_096)]
    [InlineData(30, 4_096)]
    [InlineData(100, 65_536)]
    public void A_join_or_leave_moves_at_most_1_3_fair_shares_in_all(int nodes, int shards)
    {
        const int Clusters = 20;
        var moved = 0;
        var byRing = 0;
        for (var cluster = 0; cluster < Clusters; cluster++)
        {
            var before = Rings.Of(nodes, shards, from: cluster * 200);
            var after = before.AddNode(Rings.Name(9_999));
            var moves = Moves.Between(before.Assignment, after.Assignment);
            moved += moves.All.Length;
            byRing += moves.ByRing;
        }

        // A leave of the same node is the same moves backwards.
        var fairShares = (double)Clusters * shards / (nodes + 1);
        Assert.InRange(byRing / fairShares, 0.85, 1.1);
        Assert.InRange(moved / fairShares, 0.85, 1.3);
    }

    [Fact]
    public void A_change_of_weight_is_a_change_that_the_ring_explains() =>
        Gen.Select(Join, Gen.Int[1, 5]).Sample((join, weight) =>
        {
            var was = join.After.Nodes.Single(n => n.Id == join.Node).Weight;
            var changed = join.Before.AddNode(join.Node, weight);
            var moves = Moves.Between(join.After.Assignment, changed.Assignment);
            Assert.All(moves.All, move => Assert.Equal(
                (weight > was && move.To == join.Node) || (weight < was && move.From == join.Node),
                move.Cause == MoveCause.Ring));
        });

    [Fact]
    public void Nothing_moves_when_nothing_changes() =>
        Rings.Any.Sample(ring => Assert.Empty(Moves.Between(ring.Assignment, HashRing.Of(ring.Nodes, ring.Options).Assignment).All));
}
