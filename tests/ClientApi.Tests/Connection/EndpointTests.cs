using AkkaHa.ClientApi.Connection;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Endpoint = AkkaHa.ClientApi.Connection.Endpoint;

namespace AkkaHa.ClientApi.Tests.Connection;

public sealed class EndpointTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly Endpoint endpoint;

    public EndpointTests() => endpoint = new Endpoint("http://127.0.0.1:1", new AkkaHaClientOptions { TimeProvider = time });

    public void Dispose() => endpoint.Dispose();

    [Fact]
    public void Calls_that_fail_together_are_one_failure()
    {
        var sentAt = time.GetTimestamp();
        time.Advance(TimeSpan.FromMilliseconds(10));
        for (var i = 0; i < 100; i++) endpoint.Failed(sentAt);

        Assert.True(endpoint.IsSuspect);
        time.Advance(TimeSpan.FromMilliseconds(1001));
        Assert.False(endpoint.IsSuspect);
    }

    [Fact]
    public void Each_failure_in_a_row_doubles_the_time_up_to_16_s()
    {
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 16 })
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            endpoint.Failed(time.GetTimestamp());
            time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.True(endpoint.IsSuspect, $"after {seconds} s");
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.False(endpoint.IsSuspect, $"after {seconds} s");
        }
    }

    [Fact]
    public void A_node_that_answered_others_meanwhile_is_not_the_reason_for_a_time_out()
    {
        var sentAt = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(1));
        endpoint.Answered();
        endpoint.TimedOut(sentAt);
        Assert.False(endpoint.IsSuspect);

        endpoint.TimedOut(time.GetTimestamp());
        Assert.True(endpoint.IsSuspect);
    }
}
