using System.Collections.Immutable;
using AkkaHa.Core.Placement;
using CsCheck;

namespace AkkaHa.Core.Tests.Placement;

/// <summary>Rings for tests, and the checks that hold for every ring.</summary>
static class Rings
{
    /// <summary>Small rings of every shape: few and many shards for each node, equal and unequal weights.</summary>
    public static readonly Gen<HashRing> Any =
        from nodes in Gen.Select(Gen.Int[0, 9_999], Gen.Int[1, 5]).List[1, 25]
        from shards in Gen.Int[1, 600]
        from replicas in Gen.Int[1, 64]
        select HashRing.Of(
            nodes.DistinctBy(n => n.Item1).Select(n => new RingNode(Name(n.Item1), n.Item2)),
            new RingOptions { Shards = shards, Replicas = replicas });

    /// <summary>A name that no ring of <see cref="Any"/> has.</summary>
    public static readonly Gen<string> Newcomer = Gen.Int[10_000, 19_999].Select(Name);

    public static string Name(int number) => $"akka.tcp://AkkaHa@10.0.{number / 250}.{number % 250}:4053";

    public static HashRing Of(int count, int shards, int from = 0, bool bounded = true) => HashRing.Of(
        Enumerable.Range(from, count).Select(n => new RingNode(Name(n))),
        new RingOptions { Shards = shards, Bounded = bounded });

    /// <summary>The same ring without its bound: the plain ring of Karger et al.</summary>
    public static HashRing Plain(this HashRing ring) => HashRing.Of(ring.Nodes, ring.Options with { Bounded = false });

    public static string[] Owners(this HashRing ring) =>
        [.. Enumerable.Range(0, ring.Options.Shards).Select(ring.NodeFor)];

    /// <summary>Nodes above ⌈1.1 × fair share⌉, reckoned in decimals and without the code under test.</summary>
    public static ImmutableArray<string> AboveTheBound(this HashRing ring) =>
    [
        .. from shard in Enumerable.Range(0, ring.Options.Shards)
           group shard by ring.NodeFor(shard) into load
           let weight = ring.Nodes.Single(n => n.Id == load.Key).Weight
           let bound = Math.Ceiling(1.1m * ring.Options.Shards * weight / ring.Nodes.Sum(n => n.Weight))
           where load.Count() > bound
           select load.Key,
    ];
}
