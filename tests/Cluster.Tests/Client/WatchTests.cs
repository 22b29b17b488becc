using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Client;

public sealed class WatchTests
{
    [Theory]
    [MemberData(nameof(ClusterUnderTest.AtLeast), "postgres", MemberType = typeof(ClusterUnderTest))]
    public async Task A_watch_goes_on_when_nodes_are_killed_with_every_change_once_and_in_order(string provider)
    {
        const int keys = 5;
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var writer = cluster.Connect();
        await using var reader = cluster.Connect();
        using var over = new CancellationTokenSource(ClusterUnderTest.Patience * 2);
        var from = await reader.Keys.GetPositionAsync(over.Token);

        var last = new long[keys];
        var writing = true;
        var writes = Enumerable.Range(0, keys).Select(async k =>
        {
            while (Volatile.Read(ref writing))
            {
                var revision = k % 2 == 0 || last[k] % 3 != 2
                    ? await writer.Keys.PutAsync($"watched/{k}", $"{k}", cancellationToken: over.Token)
                    : (await writer.Keys.DeleteAsync($"watched/{k}", cancellationToken: over.Token)).Revision;
                last[k] = revision.Value;
            }
        }).ToArray();

        // Whichever serves the watch: each node dies once.
        var killing = Task.Run(async () =>
        {
            foreach (var node in cluster.Nodes)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), over.Token);
                await node.KillAsync();
                node.Start();
                await node.WaitReadyAsync(ClusterUnderTest.Patience, over.Token);
            }
            Volatile.Write(ref writing, false);
            await Task.WhenAll(writes);
        }, over.Token);

        // The last write of all is of another key, so that there is an event to end with.
        var seen = new long[keys];
        var ended = killing.ContinueWith(_ => writer.Keys.PutAsync("watched/end", "", cancellationToken: over.Token), TaskContinuationOptions.OnlyOnRanToCompletion).Unwrap();
        await foreach (var e in reader.Keys.WatchAsync("watched/", from, new WatchOptions { SilenceTimeout = TimeSpan.FromSeconds(5) }, over.Token))
        {
            if (e.Key == "watched/end") break;
            var k = int.Parse(e.Key["watched/".Length..]);
            Assert.Equal(seen[k] + 1, e.Revision.Value);
            seen[k] = e.Revision.Value;
        }
        await ended;
        Assert.Equal(last, seen);
        Assert.All(last, revision => Assert.True(revision > 5, "the writers got little done"));
    }

    [Fact]
    public async Task A_list_and_a_watch_from_before_it_make_a_picture_that_misses_nothing()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        await using var client = cluster.Connect();
        using var over = new CancellationTokenSource(ClusterUnderTest.Patience);
        for (var i = 0; i < 25; i++) await client.Keys.PutAsync($"p/{i:00}", "before");

        var from = await client.Keys.GetPositionAsync(over.Token);
        await client.Keys.PutAsync("p/03", "between");
        var picture = new Dictionary<string, (string? Text, Revision Revision)>();
        await foreach (var entry in client.Keys.ListAsync("p/", new ListOptions { PageSize = 10 }, over.Token)) picture[entry.Key] = (entry.Text, entry.Revision);
        Assert.Equal(25, picture.Count);
        Assert.Equal("between", picture["p/03"].Text);
        await client.Keys.PutAsync("p/04", "after");
        await client.Keys.DeleteAsync("p/05");
        await client.Keys.PutAsync("q", "elsewhere");
        await client.Keys.PutAsync("p/end", "x");

        await foreach (var e in client.Keys.WatchAsync("p/", from, cancellationToken: over.Token))
        {
            if (e.Key == "p/end") break;
            if (picture.TryGetValue(e.Key, out var known) && known.Revision.CompareTo(e.Revision) >= 0) continue;
            picture[e.Key] = (e.Text, e.Revision);
        }

        Assert.Equal("after", picture["p/04"].Text);
        Assert.Null(picture["p/05"].Text);
        var live = new List<string>();
        await foreach (var entry in client.Keys.ListAsync("p/", new ListOptions { KeysOnly = true }, over.Token)) live.Add(entry.Key);
        Assert.Equal([.. picture.Where(p => p.Value.Text is not null).Select(p => p.Key).Order(StringComparer.Ordinal), "p/end"], live);
    }

    [Fact]
    public async Task A_position_that_no_watch_gave_is_refused()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        await using var client = cluster.Connect();
        var wrong = await Assert.ThrowsAsync<InvalidArgumentException>(async () =>
        {
            await foreach (var _ in client.Keys.WatchAsync("", new WatchPosition("yesterday"))) break;
        });
        Assert.Contains("from", wrong.Message, StringComparison.Ordinal);
    }
}
