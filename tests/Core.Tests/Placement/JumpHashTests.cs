using AkkaHa.Messages.Placement;
using AkkaHa.Core.Placement;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

public sealed class JumpHashTests
{
    // Vectors used by the implementations in other languages.
    [Theory]
    [InlineData(1UL, 1, 0)]
    [InlineData(42UL, 57, 43)]
    [InlineData(0xDEAD10CCUL, 1, 0)]
    [InlineData(0xDEAD10CCUL, 666, 361)]
    [InlineData(256UL, 1024, 520)]
    [InlineData(ulong.MaxValue, 256, 248)]
    public void The_bucket_of_a_key_never_changes(ulong key, int buckets, int expected) =>
        Assert.Equal(expected, JumpHash.BucketOf(key, buckets));

    [Fact]
    public void One_bucket_more_moves_keys_only_into_the_new_bucket() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 70_000]).Sample((key, buckets) =>
        {
            var before = JumpHash.BucketOf(key, buckets);
            var after = JumpHash.BucketOf(key, buckets + 1);
            Assert.InRange(before, 0, buckets - 1);
            Assert.True(after == before || after == buckets, $"{before} became {after} of {buckets + 1}");
        });

    [Fact]
    public void Buckets_are_hit_evenly()
    {
        const int Keys = 256_000;
        var hits = new int[256];
        for (var i = 0; i < Keys; i++)
            hits[JumpHash.BucketOf(StableHash.Of($"kv/key-{i}"), hits.Length)]++;

        // Mean 1,000, standard deviation 32: six of these never happen by chance.
        Assert.All(hits, count => Assert.InRange(count, 810, 1_190));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void No_bucket_at_all_is_refused(int buckets) =>
        Assert.Equal("buckets", Assert.Throws<ArgumentOutOfRangeException>(() => JumpHash.BucketOf(1, buckets)).ParamName);
}
