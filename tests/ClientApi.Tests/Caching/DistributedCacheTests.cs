using System.Text;
using AkkaHa.Messages;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Caching;

/// <summary>The contract of <see cref="IDistributedCache"/>, with a clock that the tests turn.</summary>
public sealed class DistributedCacheTests : CacheUnderTest
{
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

    private sealed class NeverRuns : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
