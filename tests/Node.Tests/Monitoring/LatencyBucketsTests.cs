using AkkaHa.Node.Monitoring;
using Xunit;

namespace AkkaHa.Node.Tests.Monitoring;

public sealed class LatencyBucketsTests
{
    [Theory]
    [InlineData(0.00001)]
    [InlineData(0.0001)]
    [InlineData(0.00142)]
    [InlineData(0.01)]
    [InlineData(0.777)]
    [InlineData(5)]
    [InlineData(60)]
    public void A_duration_is_told_at_most_an_eighth_too_long_and_never_too_short(double seconds)
    {
        var counts = new long[LatencyBuckets.Count];
        counts[LatencyBuckets.Of(seconds)] = 1;
        Assert.InRange(LatencyBuckets.Percentile(counts, 1)!.Value, seconds, Math.Max(32e-6, seconds * 1.125));
    }

    [Fact]
    public void What_took_longer_than_all_is_in_the_last_bucket() => Assert.Equal(LatencyBuckets.Count - 1, LatencyBuckets.Of(1e9));

    [Fact]
    public void A_percentile_is_the_duration_that_so_many_did_not_exceed()
    {
        var counts = new long[LatencyBuckets.Count];
        counts[LatencyBuckets.Of(0.001)] = 98;
        counts[LatencyBuckets.Of(1)] = 2;
        Assert.InRange(LatencyBuckets.Percentile(counts, 0.5)!.Value, 0.001, 0.0012);
        Assert.InRange(LatencyBuckets.Percentile(counts, 0.98)!.Value, 0.001, 0.0012);
        Assert.InRange(LatencyBuckets.Percentile(counts, 0.99)!.Value, 1, 1.2);
        Assert.Null(LatencyBuckets.Percentile(new long[LatencyBuckets.Count], 0.5));
    }
}
