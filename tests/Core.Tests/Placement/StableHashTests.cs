using AkkaHa.Messages.Placement;
using AkkaHa.Core.Placement;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

public sealed class StableHashTests
{
    // The first two are published vectors of XXH3 itself (xxHash 0.8, seed 0).
    [Theory]
    [InlineData("", 0x2D06800538D394C2UL)]
    [InlineData("a", 0xE6C632B61E964E1FUL)]
    [InlineData("kv/a/b", 7291215342575159598UL)]
    [InlineData("lock/Grüße/鍵/🔑", 4920661642470339187UL)]
    public void The_hash_of_a_text_never_changes(string text, ulong expected) => Assert.Equal(expected, StableHash.Of(text));

    [Fact]
    public void A_text_longer_than_any_name_is_hashed_too() =>
        Assert.Equal(15616682717660752961UL, StableHash.Of(new string('x', 100_000)));

    [Fact]
    public void Ring_places_are_hashes_of_readable_texts()
    {
        Assert.Equal(StableHash.Of("10.0.0.1#127"), RingHash.OfRingPoint("10.0.0.1", 127));
        Assert.Equal(StableHash.Of("shard/255"), RingHash.OfShard(255));
    }
}
