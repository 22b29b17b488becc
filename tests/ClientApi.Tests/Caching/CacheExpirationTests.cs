using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Caching;

/// <summary>When an entry goes, and what its renewals may race with.</summary>
public sealed class CacheExpirationTests : CacheUnderTest
{
    [Fact]
    public async Task Without_an_expiration_it_stays_and_reading_writes_nothing()
    {
        await _cache.SetAsync("k", Value, new());
        _time.Advance(TimeSpan.FromDays(4000));
        Assert.Equal(Value, await _cache.GetAsync("k"));
        Assert.False(Assert.Single(_node.Seen<PutKeyRequest>()).HasTtlSeconds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_absolute_expiration_is_not_extended_by_use(bool relative)
    {
        await _cache.SetAsync("k", Value, relative
            ? new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(60) }
            : new() { AbsoluteExpiration = _time.GetUtcNow().AddSeconds(60) });
        _time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.Equal(Value, await _cache.GetAsync("k"));
        await _cache.RefreshAsync("k");
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(await _cache.GetAsync("k"));
        Assert.Single(_node.Seen<PutKeyRequest>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sliding_expiration_is_extended_by_use(bool byGet)
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60) });
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(59.9));
            if (byGet) Assert.Equal(Value, await _cache.GetAsync("k"));
            else await _cache.RefreshAsync("k");
        }
        _time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.Equal(Value, await _cache.GetAsync("k"));
        _time.Advance(TimeSpan.FromSeconds(60.7));
        Assert.Null(await _cache.GetAsync("k"));
    }

    [Fact]
    public async Task Uses_in_quick_succession_write_once_and_it_still_does_not_go_too_early()
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60) });
        _time.Advance(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(Value, await _cache.GetAsync("k"));
            _time.Advance(TimeSpan.FromSeconds(0.05));
        }
        Assert.Equal(2, _node.Seen<PutKeyRequest>().Count);
        // A minute after the last use, not after the last write.
        _time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.Equal(Value, await _cache.GetAsync("k"));
    }

    [Fact]
    public async Task An_absolute_expiration_beats_a_sliding_one()
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60), AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(100) });
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(33));
            Assert.Equal(Value, await _cache.GetAsync("k"));
        }
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Null(await _cache.GetAsync("k"));
    }

    [Fact]
    public async Task An_absolute_expiration_that_comes_first_is_the_first_time_to_live()
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60), AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(10) });
        Assert.Equal(10, Assert.Single(_node.Seen<PutKeyRequest>()).TtlSeconds);
    }

    [Fact]
    public async Task A_put_that_was_slow_does_not_move_the_absolute_end()
    {
        _store.BeforePut = _ => _time.Advance(TimeSpan.FromSeconds(3));
        await _cache.SetAsync("k", Value, new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(10) });
        _time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Equal(Value, await _cache.GetAsync("k"));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(await _cache.GetAsync("k"));
        Assert.NotEmpty(_store.Names);
    }

    [Fact]
    public async Task Of_two_absolute_expirations_the_relative_one_counts()
    {
        await _cache.SetAsync("k", Value, new() { AbsoluteExpiration = _time.GetUtcNow().AddSeconds(-5), AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(10) });
        Assert.Equal(10, Assert.Single(_node.Seen<PutKeyRequest>()).TtlSeconds);
    }

    [Fact]
    public async Task An_absolute_expiration_in_the_past_is_refused_and_one_at_the_end_of_time_is_none()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _cache.SetAsync("k", Value, new() { AbsoluteExpiration = _time.GetUtcNow() }));
        Assert.Empty(_store.Names);
        await _cache.SetAsync("k", Value, new() { AbsoluteExpiration = DateTimeOffset.MaxValue });
        Assert.False(Assert.Single(_node.Seen<PutKeyRequest>()).HasTtlSeconds);
    }

    [Fact]
    public async Task A_set_that_races_with_a_renewal_is_not_lost()
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60) });
        _time.Advance(TimeSpan.FromSeconds(30));
        // Another client's, between this one's read and its renewal.
        _store.BeforePut = put =>
        {
            _store.BeforePut = null;
            _store.Put(new PutKeyRequest { Key = put.Key, Value = ByteString.CopyFrom(put.Value.Span[..^1]) });
        };

        Assert.Equal(Value, await _cache.GetAsync("k"));

        Assert.Equal(new byte[] { 0, 1 }, await _cache.GetAsync("k"));
    }

    [Fact]
    public async Task A_removal_that_races_with_a_renewal_is_not_undone()
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60) });
        _time.Advance(TimeSpan.FromSeconds(30));
        _store.BeforePut = put =>
        {
            _store.BeforePut = null;
            _client.Keys.DeleteAsync(put.Key).GetAwaiter().GetResult();
        };

        Assert.Equal(Value, await _cache.GetAsync("k"));

        Assert.Null(await _cache.GetAsync("k"));
    }

    [Fact]
    public async Task A_machine_whose_clock_is_wrong_sets_and_renews_by_the_servers()
    {
        // The servers are a day ahead.
        _node.Clock = () => _time.GetUtcNow().AddDays(1);
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60), AbsoluteExpiration = _time.GetUtcNow().AddSeconds(100) });
        await using var other = TestClient.Connect(TestClient.Patient with { TimeProvider = new Late(_time) }, _node);
        var elsewhere = new AkkaHaDistributedCache(other, Options.Create(new AkkaHaCacheOptions()));
        _time.Advance(TimeSpan.FromSeconds(55));
        Assert.Equal(Value, await elsewhere.GetAsync("k"));
        // What was left of 100 s, by whichever clock.
        Assert.InRange(_node.Seen<PutKeyRequest>()[^1].TtlSeconds, 44, 46);
    }

    [Fact]
    public async Task A_machine_whose_clock_is_wrong_asks_for_the_time_when_it_has_not_heard_it_yet()
    {
        _node.Clock = () => _time.GetUtcNow().AddDays(1);
        // No ring, and so no time of a server's with it.
        _node.HangUpOn<GetRingRequest>();
        await using var first = TestClient.Connect(TestClient.Patient with { TimeProvider = _time }, _node);
        await new AkkaHaDistributedCache(first, Options.Create(new AkkaHaCacheOptions())).SetAsync("k", Value, new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(100) });
        _time.Advance(TimeSpan.FromSeconds(90));
        // By the servers' clock it has still ten seconds.
        Assert.Equal(Value, await _cache.GetAsync("k"));
    }

    [Fact]
    public async Task A_sliding_time_without_end_is_as_long_as_there_is()
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.MaxValue });
        Assert.Equal(365 * 86400, Assert.Single(_node.Seen<PutKeyRequest>()).TtlSeconds);
        Assert.Equal(Value, await _cache.GetAsync("k"));
    }

    [Fact]
    public async Task A_value_that_was_read_is_given_also_when_it_can_not_be_renewed()
    {
        await _cache.SetAsync("k", Value, new() { SlidingExpiration = TimeSpan.FromSeconds(60) });
        _time.Advance(TimeSpan.FromSeconds(10));
        _node.Refuse<PutKeyRequest>(ErrorCode.LimitExceeded);
        Assert.Equal(Value, await _cache.GetAsync("k"));
        await Assert.ThrowsAsync<LimitExceededException>(() => _cache.RefreshAsync("k"));
    }

    /// <summary>A machine that is an hour late.</summary>
    private sealed class Late(FakeTimeProvider time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow().AddHours(-1);

        public override long GetTimestamp() => time.GetTimestamp();

        public override long TimestampFrequency => time.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
    }
}
