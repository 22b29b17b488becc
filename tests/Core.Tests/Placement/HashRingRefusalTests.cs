using AkkaHa.Messages.Placement;
using AkkaHa.Core.Placement;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

public sealed class HashRingRefusalTests
{
    static readonly HashRing Ring = Rings.Of(count: 3, shards: 16);

    [Fact]
    public void A_ring_without_a_node_is_refused() => Refused("nodes", () => HashRing.Of([]));

    [Fact]
    public void A_node_named_twice_is_refused() => Refused("nodes", () => HashRing.Of([new("a"), new("b"), new("a", 2)]));

    [Fact]
    public void A_node_that_is_there_already_is_refused() => Refused("node", () => Ring.AddNode(Rings.Name(1)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void A_node_without_a_name_is_refused(string? name)
    {
        Refused("node", () => Ring.AddNode(name!));
        Refused("id", () => new RingNode(name!));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(RingNode.MaxWeight + 1)]
    public void A_weight_out_of_range_is_refused(int weight)
    {
        Refused("weight", () => Ring.AddNode("new", weight));
        Refused("weight", () => new RingNode("new", weight));
    }

    [Fact]
    public void The_last_node_cannot_be_removed() => Refused("node", () => HashRing.Of([new("a")]).RemoveNode("a"));

    [Fact]
    public void A_node_that_is_not_there_is_refused()
    {
        Refused("node", () => Ring.RemoveNode("nobody"));
        Refused("node", () => Ring.BoundOf("nobody"));
        Refused("node", () => Ring.Assignment.LoadOf("nobody"));
        Refused("node", () => Ring.Assignment.ShardsOf("nobody"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(16)]
    public void A_shard_that_does_not_exist_is_refused(int shard) => Refused("shard", () => Ring.NodeFor(shard));

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(ShardMap.MaxShardCount + 1)]
    public void A_shard_count_out_of_range_is_refused(int shards) =>
        Refused("Shards", () => new RingOptions { Shards = shards });

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(RingOptions.MaxReplicas + 1)]
    public void Replicas_out_of_range_are_refused(int replicas) =>
        Refused("Replicas", () => new RingOptions { Replicas = replicas });

    [Fact]
    public void More_points_than_the_limit_are_refused()
    {
        var options = new RingOptions { Replicas = RingOptions.MaxReplicas };
        var full = HashRing.Of(Enumerable.Range(0, 40).Select(n => new RingNode($"{n}", RingNode.MaxWeight)), options);
        Refused("node", () => full.AddNode("one too many", RingNode.MaxWeight));
        Refused("nodes", () => HashRing.Of(full.Nodes.Add(new("one too many", RingNode.MaxWeight)), options));
    }

    [Fact]
    public void Moves_between_different_shard_counts_are_refused() =>
        Refused("after", () => Moves.Between(Ring.Assignment, Rings.Of(count: 3, shards: 17).Assignment));

    [Theory]
    [InlineData(0, 1, 1, "shards")]
    [InlineData(1, 0, 1, "weight")]
    [InlineData(1, 2, 1, "totalWeight")]
    public void A_bound_of_nothing_is_refused(int shards, int weight, int total, string parameter) =>
        Refused(parameter, () => LoadBound.Of(shards, weight, total));

    static void Refused(string parameter, Func<object> act) =>
        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(act).ParamName);
}
