using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Connection;

public sealed class ServerClockTests
{
    private static readonly DateTimeOffset Here = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Here);

    [Fact]
    public void Before_any_answer_the_clock_is_the_local_one() => Assert.Equal(Here, new ServerClock(_time).UtcNow);

    [Fact]
    public void After_an_answer_it_is_the_servers_at_half_the_round_trip_and_runs_on()
    {
        var clock = new ServerClock(_time);
        var sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(100));

        clock.Observe(Says(Here.AddHours(2)), sentAt);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(Here.AddHours(2).AddSeconds(10.05), clock.UtcNow);
    }

    [Fact]
    public void A_sample_with_a_longer_round_trip_does_not_replace_a_better_one()
    {
        var clock = new ServerClock(_time);
        clock.Observe(Says(Here.AddHours(2)), _time.GetTimestamp());
        var sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(20));

        clock.Observe(Says(Here.AddHours(3)), sentAt);

        Assert.Equal(Here.AddHours(2).AddSeconds(20), clock.UtcNow);
    }

    [Fact]
    public void Nonsense_in_the_header_is_ignored()
    {
        var clock = new ServerClock(_time);
        clock.Observe(new Metadata { { ResponseHeaders.Time, "soon" } }, _time.GetTimestamp());
        clock.Observe(null, _time.GetTimestamp());
        Assert.Equal(Here, clock.UtcNow);
    }

    [Theory]
    [InlineData(-7200)]
    [InlineData(7200)]
    public async Task Request_ids_are_issued_by_the_servers_clock_from_the_first_call_on(int secondsOff)
    {
        await using var node = await FakeNode.StartAsync();
        node.Clock = () => DateTimeOffset.UtcNow.AddSeconds(secondsOff);
        node.On<GetRingRequest, RingState>(_ => TestClient.RingOf(node.Address));
        await using var client = TestClient.Connect(node);

        await client.Keys.PutAsync("k", "v");

        AssertIssuedAbout(node.Clock(), node.Seen<PutKeyRequest>().Single().RequestId);
    }

    [Fact]
    public async Task The_clock_is_learnt_from_refusals_too()
    {
        await using var node = await FakeNode.StartAsync();
        node.Clock = () => DateTimeOffset.UtcNow.AddHours(2);
        node.Refuse<PutKeyRequest>(ErrorCode.RevisionMismatch);
        await using var client = TestClient.Connect(node);

        await Assert.ThrowsAsync<RevisionMismatchException>(() => client.Keys.PutAsync("k", "v"));
        await Assert.ThrowsAsync<RevisionMismatchException>(() => client.Keys.PutAsync("k", "v"));

        AssertIssuedAbout(node.Clock(), node.Seen<PutKeyRequest>()[1].RequestId);
    }

    private static void AssertIssuedAbout(DateTimeOffset expected, string requestId)
    {
        var issued = DateTimeOffset.FromUnixTimeMilliseconds(RequestIdTime.IssuedAtMs(requestId)!.Value);
        Assert.InRange(issued, expected.AddSeconds(-30), expected.AddSeconds(30));
    }

    private static Metadata Says(DateTimeOffset time) => new() { { ResponseHeaders.Time, $"{time.ToUnixTimeMilliseconds()}" } };
}
