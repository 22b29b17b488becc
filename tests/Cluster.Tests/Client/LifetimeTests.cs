using System.Diagnostics;
using System.Text;
using AkkaHa.ClientApi;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;
using Xunit;

namespace AkkaHa.Cluster.Tests.Client;

/// <summary>Keys that go by themselves, and the cache that is made of them, on a real node and by real time.</summary>
public sealed class LifetimeTests : IAsyncLifetime
{
    private ClusterUnderTest _cluster = null!;
    private AkkaHaClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        _client = _cluster.Connect();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_key_goes_after_its_time_to_live_and_not_before_and_a_put_without_one_keeps_it()
    {
        var put = Stopwatch.StartNew();
        var first = await _client.Keys.PutAsync("short", "v", new PutOptions { Ttl = TimeSpan.FromSeconds(3) });
        await _client.Keys.PutAsync("kept", "v", new PutOptions { Ttl = TimeSpan.FromSeconds(3) });
        await _client.Keys.PutAsync("kept", "v");
        await ClusterUnderTest.EventuallyAsync(async () => await _client.Keys.GetAsync("short") is null, "the key does not go");
        Assert.True(put.Elapsed >= TimeSpan.FromSeconds(3), $"gone after {put.Elapsed}");
        Assert.NotNull(await _client.Keys.GetAsync("kept"));
        // Its end was a version of its own.
        Assert.Equal(first.Value + 2, (await _client.Keys.PutAsync("short", "again", Revision.Absent)).Value);
    }

    [Fact]
    public async Task A_key_goes_with_the_client_whose_session_it_is_bound_to_and_watchers_hear_of_it()
    {
        using var over = new CancellationTokenSource(ClusterUnderTest.Patience);
        var from = await _client.Keys.GetPositionAsync(over.Token);
        await using (var worker = _cluster.Connect())
        {
            var session = await worker.Sessions.GetOwnAsync();
            await worker.Keys.PutAsync("workers/7", "10.0.0.7", new PutOptions { Session = session.Id });
            await worker.Transactions.RunAsync(tx =>
            {
                tx.Put("workers/7/load", "3", session: session.Id);
                return Task.CompletedTask;
            });
            Assert.Equal("10.0.0.7", await _client.Keys.GetStringAsync("workers/7"));
            Assert.False(session.IsLost);
        }
        var expired = new HashSet<string>();
        await foreach (var e in _client.Keys.WatchAsync("workers/", from, cancellationToken: over.Token))
        {
            if (e.Type != KeyEventType.Expire) continue;
            expired.Add(e.Key);
            if (expired.Count == 2) break;
        }
        Assert.Null(await _client.Keys.GetAsync("workers/7"));
    }

    [Fact]
    public async Task A_key_is_not_bound_to_a_session_that_has_ended()
    {
        var session = await _client.Sessions.GetOwnAsync();
        await _client.Sessions.CloseAsync(session.Id);
        await Assert.ThrowsAsync<SessionExpiredException>(() => _client.Keys.PutAsync("k", "v", new PutOptions { Session = session.Id }));
        Assert.True(session.IsLost);
        var next = await _client.Sessions.GetOwnAsync();
        await _client.Keys.PutAsync("k", "v", new PutOptions { Session = next.Id });
        await _client.Sessions.CloseAsync(next.Id);
        await Assert.ThrowsAsync<SessionExpiredException>(() => _client.Transactions.RunAsync(tx =>
        {
            tx.Put("k", "v", session: next.Id);
            return Task.CompletedTask;
        }));
    }

    [Fact]
    public async Task The_cache_keeps_what_is_used_and_drops_what_is_not()
    {
        IDistributedCache cache = new AkkaHaDistributedCache(_client, Options.Create(new AkkaHaCacheOptions()));
        await using var other = _cluster.Connect();
        IDistributedCache elsewhere = new AkkaHaDistributedCache(other, Options.Create(new AkkaHaCacheOptions()));
        await cache.SetAsync("sliding", Encoding.UTF8.GetBytes("v"), new() { SlidingExpiration = TimeSpan.FromSeconds(6) });
        await cache.SetAsync("absolute", Encoding.UTF8.GetBytes("v"), new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(6) });
        await cache.SetAsync("a\n//b", Encoding.UTF8.GetBytes("v"), new());
        var since = Stopwatch.StartNew();
        while (since.Elapsed < TimeSpan.FromSeconds(12))
        {
            Assert.NotNull(await elsewhere.GetAsync("sliding"));
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
        Assert.Null(await cache.GetAsync("absolute"));
        Assert.Equal("v", await elsewhere.GetStringAsync("a\n//b"));
        await elsewhere.RemoveAsync("a\n//b");
        Assert.Null(await cache.GetAsync("a\n//b"));
        await Task.Delay(TimeSpan.FromSeconds(7));
        Assert.Null(await cache.GetAsync("sliding"));
    }
}
