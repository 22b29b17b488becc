using AkkaHa.Messages.Placement;
using AkkaHa.Core.Placement;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

/// <summary>
/// What earlier versions computed. Nodes of two versions share a cluster during an upgrade and must place every shard
/// alike, so these numbers are never edited.
/// </summary>
public sealed class RingGoldenTests
{
    static readonly HashRing Equal = HashRing.Of(Enumerable.Range(1, 5).Select(n => new RingNode($"akka.tcp://AkkaHa@10.0.0.{n}:4053")));
    static readonly HashRing Weighted = HashRing.Of([new("a", 1), new("b", 2), new("c", 4)], new RingOptions { Shards = 64, Replicas = 16 });

    [Fact]
    public void Five_equal_nodes_share_256_shards_as_ever()
    {
        // Shards 0 to 255; each digit is the last of a node's address.
        const string Nodes =
            "2214134455312545341153434334344342523553123542535331422124544542" +
            "5223344253553125331245312343215352243332422233235423115445351135" +
            "3342533354432251451533133514242455322254323333323334154214331345" +
            "4425452542452114525424212521451544241242251114214414445122522212";
        Assert.Equal(Nodes, string.Concat(Equal.Owners().Select(node => node["akka.tcp://AkkaHa@10.0.0.".Length])));
    }

    [Fact]
    public void Weighted_nodes_share_64_shards_as_ever() => Assert.Equal(
        "cccccbcccbacabcbbbbcbccbccbcbbccbbcbcbccccaccabcbcccaccabbbcacca", string.Concat(Weighted.Owners()));

    [Fact]
    public void A_thousand_nodes_share_65536_shards_as_ever() =>
        Assert.Equal(18196512614511961890UL, StableHash.Of(string.Join('\n', Rings.Of(1_000, 65_536).Owners())));
}
