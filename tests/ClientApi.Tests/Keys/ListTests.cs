using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Keys;

public sealed class ListTests
{
    [Fact]
    public async Task A_list_asks_for_a_page_after_another_and_ends_with_the_last()
    {
        await using var node = Pages(await FakeNode.StartAsync(), 7);
        await using var client = TestClient.Connect(node);

        var keys = new List<string>();
        await foreach (var entry in client.Keys.ListAsync("a/", new ListOptions { PageSize = 3 })) keys.Add($"{entry.Key} {entry.Text} {entry.Revision}");

        Assert.Equal(["a/0 v0 1", "a/1 v1 2", "a/2 v2 3", "a/3 v3 4", "a/4 v4 5", "a/5 v5 6", "a/6 v6 7"], keys);
        Assert.Equal(["", "a/2", "a/5"], node.Seen<ListKeysRequest>().Select(r => r.After));
        Assert.All(node.Seen<ListKeysRequest>(), r => Assert.Equal(("a/", 3, false, true), (r.Prefix, r.Limit, r.KeysOnly, r.Consistent)));
    }

    [Fact]
    public async Task A_page_is_asked_for_when_it_is_needed()
    {
        await using var node = Pages(await FakeNode.StartAsync(), 7);
        await using var client = TestClient.Connect(node);

        await foreach (var entry in client.Keys.ListAsync("a/", new ListOptions { PageSize = 3 }))
            if (entry.Key == "a/2") break;

        Assert.Single(node.Seen<ListKeysRequest>());
    }

    [Fact]
    public async Task An_empty_page_with_a_next_is_not_the_end()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<ListKeysRequest, ListKeysResponse>(r => r.After.Length == 0
            ? new ListKeysResponse { Next = "a" }
            : new ListKeysResponse { Entries = { new KeyValue { Key = "b", Revision = 1 } } });
        await using var client = TestClient.Connect(node);
        Assert.Equal("b", (await FirstAsync(client.Keys.ListAsync())).Key);
    }

    [Fact]
    public async Task A_page_that_fails_is_asked_for_again_elsewhere()
    {
        await using var first = (await FakeNode.StartAsync()).HangUpOn<ListKeysRequest>();
        await using var second = Pages(await FakeNode.StartAsync(), 5);
        await using var client = TestClient.Connect(first, second);
        var keys = 0;
        await foreach (var _ in client.Keys.ListAsync("a/", new ListOptions { PageSize = 2 })) keys++;
        Assert.Equal(5, keys);
    }

    [Fact]
    public async Task One_page_says_where_the_next_begins()
    {
        await using var node = Pages(await FakeNode.StartAsync(), 3);
        await using var client = TestClient.Connect(node);
        var options = new ListOptions { PageSize = 2, KeysOnly = true, Consistent = false };

        var page = await client.Keys.ListPageAsync("a/", options: options);
        var last = await client.Keys.ListPageAsync("a/", page.Next, options);

        Assert.Equal(("a/1", 2), (page.Next, page.Entries.Count));
        Assert.Null(last.Next);
        Assert.Equal("a/2", Assert.Single(last.Entries).Key);
        Assert.All(node.Seen<ListKeysRequest>(), r => Assert.Equal((true, false), (r.KeysOnly, r.Consistent)));
    }

    [Fact]
    public async Task A_page_size_beyond_the_limit_is_refused()
    {
        await using var client = AkkaHaClient.Connect("http://127.0.0.1:1");
        var wrong = Assert.Throws<InvalidArgumentException>(() => client.Keys.ListAsync("", new ListOptions { PageSize = 1001 }));
        Assert.Contains("1000", wrong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Keys.ListPageAsync("", options: new ListOptions { PageSize = 0 }));
    }

    [Fact]
    public async Task A_list_can_be_cancelled()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<ListKeysRequest>();
        await using var client = TestClient.Connect(node);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await FirstAsync(client.Keys.ListAsync("a").WithCancellation(cancel.Token)));
    }

    private static FakeNode Pages(FakeNode node, int count) => node.On<ListKeysRequest, ListKeysResponse>(r =>
    {
        var all = Enumerable.Range(0, count).Select(i => new KeyValue { Key = $"a/{i}", Value = r.KeysOnly ? ByteString.Empty : ByteString.CopyFromUtf8($"v{i}"), Revision = i + 1 });
        var rest = all.Where(e => string.CompareOrdinal(e.Key, r.After) > 0).ToList();
        var page = rest.Take(r.Limit).ToList();
        return new ListKeysResponse { Entries = { page }, Next = rest.Count > page.Count ? page[^1].Key : "" };
    });

    private static async Task<KeyEntry> FirstAsync(IAsyncEnumerable<KeyEntry> entries)
    {
        await foreach (var entry in entries) return entry;
        throw new InvalidOperationException("empty");
    }

    private static async Task<KeyEntry> FirstAsync(System.Runtime.CompilerServices.ConfiguredCancelableAsyncEnumerable<KeyEntry> entries)
    {
        await foreach (var entry in entries) return entry;
        throw new InvalidOperationException("empty");
    }
}
