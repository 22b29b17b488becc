using AkkaHa.Core.Placement;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using BenchmarkDotNet.Attributes;

namespace AkkaHa.Inner;

/// <summary>From a name to a node.</summary>
[MemoryDiagnoser]
public class RingBenchmarks
{
    private readonly ShardMap map = new();
    private readonly HashRing ring = HashRing.Of([new RingNode("a"), new RingNode("b"), new RingNode("c")]);
    private readonly EntityId key = EntityId.Key("orders/2026/117");

    /// <summary>With every call of a client, and of a node.</summary>
    [Benchmark]
    public int ShardOfAName() => map.ShardOf(key);

    /// <summary>With every shard that is placed.</summary>
    [Benchmark]
    public string NodeOfAShard() => ring.NodeFor(117);

    /// <summary>With every change of members: the whole ring.</summary>
    [Benchmark]
    public string ANodeJoins() => ring.AddNode("d").NodeFor(117);
}
