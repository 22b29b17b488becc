using System.Text;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Caching;

/// <summary>The contract of <see cref="IDistributedCache"/>, with a clock that the tests turn.</summary>
public sealed class DistributedCacheTests : IAsyncLifetime
{
    private static readonly byte[] Value = [0, 1, 255];

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FakeKeyStore _store;
    private FakeNode _node = null!;
    private AkkaHaClient _client = null!;
    private IDistributedCache _cache = null!;

    public DistributedCacheTests() => _store = new FakeKeyStore(_time);

    public async Task InitializeAsync()
    {
        _node = _store.On(await FakeNode.StartAsync());
        _client = TestClient.Connect(TestClient.Patient with { TimeProvider = _time }, _node);
        _cache = new AkkaHaDistributedCache(_client, Options.Create(new AkkaHaCacheOptions()));
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task What_was_set_is_got_and_what_was_not_is_null()
    {
        Assert.Null(await _cache.GetAsync("k"));
        await _cache.SetAsync("k", Value, new());
        Assert.Equal(Value, await _cache.GetAsync("k"));
        await _cache.SetAsync("k", [], new());
        Assert.Empty((await _cache.GetAsync("k"))!);
        Assert.Equal(["cache/k"], _store.Names);
    }

    [Fact]
    public async Task What_was_removed_is_null_and_what_is_not_there_can_be_removed_and_refreshed()
    {
        await _cache.SetAsync("k", Value, new());
        await _cache.RemoveAsync("k");
        await _cache.RemoveAsync("k");
        await _cache.RefreshAsync("k");
        Assert.Null(await _cache.GetAsync("k"));
    }

    [Fact]
    public void The_synchronous_methods_do_the_same()
    {
        _cache.Set("k", Value, new() { SlidingExpiration = TimeSpan.FromMinutes(1) });
        _cache.Refresh("k");
        Assert.Equal(Value, _cache.Get("k"));
        _cache.Remove("k");
        Assert.Null(_cache.Get("k"));
    }

    [Fact]
    public void The_synchronous_methods_do_not_wait_for_their_callers_context()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new NeverRuns());
        try
        {
            _cache.Set("k", Value, new());
            Assert.Equal(Value, _cache.Get("k"));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

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

    private static readonly string[] Texts =
    [
        "a", "a/b", "A", "", "/", "a/", "/a", "a//b", ".", "..", "a/../b", "~", "~x", "tab\tline\n\0", "\uD800", "ä", "a\u0308", new string('x', 512), new string('x', 5000), new string('ü', 254),
    ];

    public static TheoryData<string> AnyText => new(Texts);

    [Theory]
    [MemberData(nameof(AnyText))]
    public async Task Any_text_is_a_key(string key)
    {
        await _cache.SetAsync(key, Value, new());
        Assert.Equal(Value, await _cache.GetAsync(key));
        Assert.Null(Names.CheckName("key", Assert.Single(_store.Names)));
        await _cache.RemoveAsync(key);
        Assert.Null(await _cache.GetAsync(key));
    }

    [Fact]
    public async Task Two_keys_never_share_an_entry()
    {
        // And a second that is no valid Unicode.
        List<string> keys = [.. Texts, "\uD801"];
        await _cache.SetAsync("/", Value, new());
        // What the name of another key's entry looks like.
        keys.Add(Assert.Single(_store.Names)["cache/".Length..]);
        foreach (var key in keys) await _cache.SetAsync(key, Encoding.Unicode.GetBytes(key), new());
        foreach (var key in keys) Assert.Equal(Encoding.Unicode.GetBytes(key), await _cache.GetAsync(key));
        Assert.Equal(keys.Count, _store.Names.Count);
    }

    [Fact]
    public async Task The_longest_value_passes_and_a_longer_one_is_refused_with_the_limit()
    {
        await _cache.SetAsync("k", new byte[Limits.ValueBytes - 25], new());
        Assert.Equal(Limits.ValueBytes - 25, (await _cache.GetAsync("k"))!.Length);
        var tooLong = await Assert.ThrowsAsync<InvalidArgumentException>(() => _cache.SetAsync("k", new byte[Limits.ValueBytes - 24], new()));
        Assert.Contains("1048551", tooLong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nulls_are_refused_as_the_contract_says()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => _cache.GetAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => _cache.RefreshAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => _cache.RemoveAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => _cache.SetAsync(null!, Value, new()));
        await Assert.ThrowsAsync<ArgumentNullException>("value", () => _cache.SetAsync("k", null!, new()));
        await Assert.ThrowsAsync<ArgumentNullException>("options", () => _cache.SetAsync("k", Value, null!));
    }

    [Fact]
    public async Task What_somebody_else_wrote_there_is_no_entry()
    {
        await _client.Keys.PutAsync("cache/k", "hand-made");
        var wrong = await Assert.ThrowsAsync<InvalidDataException>(() => _cache.GetAsync("k"));
        Assert.Contains("cache/k", wrong.Message, StringComparison.Ordinal);
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
    public async Task The_container_gives_it_with_its_settings_and_names_a_wrong_one()
    {
        await using var services = new ServiceCollection().AddAkkaHa(_node.Address).AddAkkaHaDistributedCache(o => o.KeyPrefix = "web/").BuildServiceProvider();
        var cache = services.GetRequiredService<IDistributedCache>();
        Assert.Same(cache, services.GetRequiredService<IDistributedCache>());
        await cache.SetStringAsync("k", "v");
        Assert.Equal("v", await cache.GetStringAsync("k"));
        Assert.Equal(["web/k"], _store.Names);

        await using var wrong = new ServiceCollection().AddAkkaHa(_node.Address).AddAkkaHaDistributedCache(o => o.KeyPrefix = "a//").BuildServiceProvider();
        Assert.Contains("KeyPrefix", Assert.Throws<OptionsValidationException>(() => wrong.GetRequiredService<IDistributedCache>()).Message, StringComparison.Ordinal);
    }

    /// <summary>A machine that is an hour late.</summary>
    private sealed class Late(FakeTimeProvider time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow().AddHours(-1);

        public override long GetTimestamp() => time.GetTimestamp();

        public override long TimestampFrequency => time.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class NeverRuns : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
