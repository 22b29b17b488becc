using AkkaHa.ClientApi.Sessions;
using AkkaHa.ClientApi.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Sessions;

public sealed class LiveSessionTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_loss_is_signalled_a_tenth_before_the_time_to_live_is_over()
    {
        var session = Session();
        _time.Advance(TimeSpan.FromSeconds(8.9));
        Assert.False(session.LostToken.IsCancellationRequested);

        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.True(session.LostToken.IsCancellationRequested);
        Assert.True(session.IsLost);
    }

    [Theory]
    [InlineData(2, 250)]
    [InlineData(2.5, 250)]
    [InlineData(10, 1000)]
    [InlineData(3600, 360_000)]
    public void The_margin_is_a_tenth_and_250_ms_at_least(double ttlSeconds, int marginMs) =>
        Assert.Equal(TimeSpan.FromMilliseconds(marginMs), LiveSession.Margin(TimeSpan.FromSeconds(ttlSeconds)));

    [Fact]
    public void A_keepalive_counts_from_before_it_was_sent()
    {
        var session = Session();
        _time.Advance(TimeSpan.FromSeconds(3));
        var sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(4));

        session.Renewed(sentAt, Ttl);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(session.IsLost);
        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.True(session.IsLost);
    }

    [Fact]
    public void An_answer_that_arrives_late_does_not_shorten_a_newer_one()
    {
        var session = Session();
        var early = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(5));
        session.Renewed(_time.GetTimestamp(), Ttl);
        session.Renewed(early + 1, Ttl);

        _time.Advance(TimeSpan.FromSeconds(8));

        Assert.False(session.IsLost);
    }

    [Fact]
    public void What_is_lost_stays_lost()
    {
        var session = Session();
        session.Lose("test");
        session.Renewed(_time.GetTimestamp() + 1, Ttl);
        Assert.True(session.IsLost);
    }

    [Fact]
    public void A_callback_that_throws_does_not_keep_the_others_from_being_called()
    {
        var session = Session();
        using var called = new ManualResetEventSlim();
        session.LostToken.Register(called.Set);
        session.LostToken.Register(() => throw new InvalidOperationException("user code"));

        session.Lose("test");

        Assert.True(called.Wait(TestClient.Generous));
    }

    private LiveSession Session() => new("3-0198c0de-0000-7000-8000-000000000000", Ttl, _time.GetTimestamp(), _time, NullLogger.Instance);
}
