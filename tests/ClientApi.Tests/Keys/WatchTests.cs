using System.Globalization;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Keys;

public sealed class WatchTests
{
    private const int Events = 20;

    [Fact]
    public async Task Events_say_what_happened_to_which_key()
    {
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            await events.WriteAsync(new WatchEvent { Position = "1" });
            await events.WriteAsync(new WatchEvent { Position = "2", Type = Messages.V1.KeyEventType.Put, Key = "a/b", Value = ByteString.CopyFromUtf8("on"), Revision = 4 });
            await events.WriteAsync(new WatchEvent { Position = "3", Type = Messages.V1.KeyEventType.Delete, Key = "a/b", Revision = 5 });
            await events.WriteAsync(new WatchEvent { Position = "4", Type = Messages.V1.KeyEventType.Expire, Key = "a/c", Revision = 2 });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(node);

        var seen = await TakeAsync(client.Keys.WatchAsync("a/", new WatchPosition("0")), 3);

        Assert.Equal((KeyEventType.Put, "a/b", "on", new Revision(4), new WatchPosition("2")), (seen[0].Type, seen[0].Key, seen[0].Text, seen[0].Revision, seen[0].Position));
        Assert.Equal((KeyEventType.Delete, "a/b", (string?)null, new Revision(5)), (seen[1].Type, seen[1].Key, seen[1].Text, seen[1].Revision));
        Assert.Equal((KeyEventType.Expire, "a/c", new Revision(2)), (seen[2].Type, seen[2].Key, seen[2].Revision));
        var asked = Assert.Single(node.Seen<WatchRequest>());
        Assert.Equal(("a/", false, "0"), (asked.Prefix, asked.HasKey, asked.From));
    }

    [Fact]
    public async Task One_key_can_be_watched_alone()
    {
        await using var node = Counting(await FakeNode.StartAsync());
        await using var client = TestClient.Connect(node);
        await TakeAsync(client.Keys.WatchKeyAsync("a/b"), 1);
        var asked = Assert.Single(node.Seen<WatchRequest>());
        Assert.Equal(("", "a/b", ""), (asked.Prefix, asked.Key, asked.From));
    }

    public static TheoryData<string> Breaks => new("hang up", "unavailable", "end", "too slow");

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task After_a_break_it_goes_on_at_another_node_with_nothing_left_out_and_nothing_twice(string how)
    {
        await using var first = Counting(await FakeNode.StartAsync(), breakAfter: 3, how);
        await using var second = Counting(await FakeNode.StartAsync(), breakAfter: 4, how);
        await using var client = TestClient.Connect(first, second);

        var seen = await TakeAsync(client.Keys.WatchAsync("", new WatchPosition("0")), Events);

        Assert.Equal(Enumerable.Range(1, Events).Select(i => (long)i), seen.Select(e => e.Revision.Value));
        Assert.True(first.Seen<WatchRequest>().Count > 1 && second.Seen<WatchRequest>().Count > 1, "both nodes had their turns");
    }

    [Fact]
    public async Task A_heartbeat_moves_the_place_to_go_on_from()
    {
        var connections = 0;
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (r, events, context) =>
        {
            if (++connections == 1)
            {
                await events.WriteAsync(new WatchEvent { Position = "41" });
                // What was written must be on its way first.
                await Task.Delay(100);
                throw FakeNode.HangUp(context);
            }
            await events.WriteAsync(Put(42));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(node);
        var progress = new List<WatchPosition>();

        await TakeAsync(client.Keys.WatchAsync(options: new WatchOptions { Progress = progress.Add }), 1);

        Assert.Equal(["", "41"], node.Seen<WatchRequest>().Select(r => r.From));
        Assert.Equal([new WatchPosition("41")], progress);
    }

    [Fact]
    public async Task One_who_was_cut_off_before_the_first_message_goes_on_where_the_node_stopped()
    {
        var connections = 0;
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (r, events, context) =>
        {
            if (++connections == 1) throw Refusal.Of(ErrorCode.Unavailable, details: Refusal.Details("""{"position":"17"}"""));
            await events.WriteAsync(Put(18));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(node);

        await TakeAsync(client.Keys.WatchAsync(), 1);

        Assert.Equal(["", "17"], node.Seen<WatchRequest>().Select(r => r.From));
    }

    [Fact]
    public async Task A_node_that_falls_silent_is_left_for_another()
    {
        await using var silent = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            await events.WriteAsync(Put(1));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var lively = Counting(await FakeNode.StartAsync());
        await using var client = TestClient.Connect(silent, lively);
        var options = new WatchOptions { SilenceTimeout = TimeSpan.FromMilliseconds(300) };

        // Whichever is asked first: of two watches one begins at the silent node.
        for (var i = 0; i < 2; i++)
        {
            var seen = await TakeAsync(client.Keys.WatchAsync("", new WatchPosition("0"), options), Events);
            Assert.Equal(Enumerable.Range(1, Events).Select(n => (long)n), seen.Select(e => e.Revision.Value));
        }
        Assert.NotEmpty(silent.Seen<WatchRequest>());
    }

    [Fact]
    public async Task Heartbeats_keep_a_watch_where_it_is()
    {
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            for (var i = 1; i <= 20; i++)
            {
                await events.WriteAsync(new WatchEvent { Position = Text(i) });
                await Task.Delay(100, context.CancellationToken);
            }
            await events.WriteAsync(Put(21));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(node);
        await TakeAsync(client.Keys.WatchAsync(options: new WatchOptions { SilenceTimeout = TimeSpan.FromSeconds(1.5) }), 1);
        Assert.Single(node.Seen<WatchRequest>());
    }

    [Fact]
    public async Task A_slow_reader_is_not_taken_for_a_silent_node()
    {
        await using var node = Counting(await FakeNode.StartAsync());
        await using var client = TestClient.Connect(node);
        var seen = 0;
        await foreach (var _ in client.Keys.WatchAsync(options: new WatchOptions { SilenceTimeout = TimeSpan.FromMilliseconds(200) }))
        {
            await Task.Delay(500);
            if (++seen == 3) break;
        }
        Assert.Single(node.Seen<WatchRequest>());
    }

    [Fact]
    public async Task A_slow_reader_holds_the_node_back_and_not_the_events_in_memory()
    {
        var written = 0;
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            // Far more than all buffers between: 400 MiB.
            for (var i = 1; i <= 400; i++)
            {
                await events.WriteAsync(new WatchEvent { Position = Text(i), Key = "k", Type = Messages.V1.KeyEventType.Put, Value = ByteString.CopyFrom(new byte[1024 * 1024]), Revision = i }, context.CancellationToken);
                Interlocked.Increment(ref written);
            }
        });
        await using var client = TestClient.Connect(node);
        await foreach (var _ in client.Keys.WatchAsync())
        {
            await Task.Delay(1500);
            break;
        }
        Assert.InRange(Volatile.Read(ref written), 1, 60);
    }

    [Fact]
    public async Task A_position_that_is_too_old_is_said_so()
    {
        await using var node = (await FakeNode.StartAsync()).OnWatch((_, _, _) => throw Refusal.Of(ErrorCode.Compacted));
        await using var client = TestClient.Connect(node);
        await Assert.ThrowsAsync<CompactedException>(() => TakeAsync(client.Keys.WatchAsync("", new WatchPosition("1")), 1));
        Assert.Single(node.Seen<WatchRequest>());
    }

    [Fact]
    public async Task What_a_server_refuses_is_not_asked_again()
    {
        await using var node = (await FakeNode.StartAsync()).OnWatch((_, _, _) => throw Refusal.Of(ErrorCode.InvalidArgument, "from is no position"));
        await using var client = TestClient.Connect(node);
        await Assert.ThrowsAsync<InvalidArgumentException>(() => TakeAsync(client.Keys.WatchAsync("", new WatchPosition("x")), 1));
        Assert.Single(node.Seen<WatchRequest>());
    }

    [Fact]
    public async Task Without_any_node_it_tries_for_as_long_as_it_was_told()
    {
        var node = Counting(await FakeNode.StartAsync(), breakAfter: 2, "hang up");
        var port = new Uri(node.Address).Port;
        await using var client = TestClient.Connect(node);
        await using var watch = client.Keys.WatchAsync("", new WatchPosition("0"), new WatchOptions { GiveUpAfter = TimeSpan.FromSeconds(1) }).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.True(await watch.MoveNextAsync());
        await node.DisposeAsync();
        var gone = await Assert.ThrowsAsync<UnavailableException>(async () => await watch.MoveNextAsync());
        Assert.Contains("'2'", gone.Message, StringComparison.Ordinal);

        // And one that was told nothing outlives the break.
        var patient = TakeAsync(client.Keys.WatchAsync("", new WatchPosition("2")), 3);
        await Task.Delay(1500);
        await using var again = Counting(await FakeNode.StartAsync(port));
        Assert.Equal([3L, 4L, 5L], (await patient.WaitAsync(TestClient.Generous)).Select(e => e.Revision.Value));
    }

    [Fact]
    public async Task Cancelling_ends_it_and_the_node_hears_of_it()
    {
        var ended = new TaskCompletionSource();
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            await events.WriteAsync(Put(1));
            context.CancellationToken.Register(() => ended.TrySetResult());
            await ended.Task;
        });
        await using var client = TestClient.Connect(node);
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.Keys.WatchAsync(cancellationToken: cancel.Token)) await cancel.CancelAsync();
        });
        await ended.Task.WaitAsync(TestClient.Generous);
    }

    [Fact]
    public async Task Leaving_the_loop_ends_it_at_the_node_too()
    {
        var ended = new TaskCompletionSource();
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            await events.WriteAsync(Put(1));
            context.CancellationToken.Register(() => ended.TrySetResult());
            await ended.Task;
        });
        await using var client = TestClient.Connect(node);
        await TakeAsync(client.Keys.WatchAsync(), 1);
        await ended.Task.WaitAsync(TestClient.Generous);
    }

    [Fact]
    public async Task Disposing_the_client_ends_it()
    {
        await using var node = await FakeNode.StartAsync();
        var client = TestClient.Connect(node);
        var watch = TakeAsync(client.Keys.WatchAsync(), 1);
        await TestClient.Until(() => node.Seen<WatchRequest>().Count == 1);
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => watch.WaitAsync(TestClient.Generous));
    }

    [Fact]
    public async Task The_position_of_now_is_what_a_fresh_watch_is_told_first()
    {
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            await events.WriteAsync(new WatchEvent { Position = "88" });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(node);
        Assert.Equal(new WatchPosition("88"), await client.Keys.GetPositionAsync());
    }

    [Fact]
    public async Task Options_out_of_their_range_are_named()
    {
        await using var client = AkkaHaClient.Connect("http://127.0.0.1:1");
        Assert.Contains("SilenceTimeout", Assert.Throws<InvalidArgumentException>(() => client.Keys.WatchAsync(options: new WatchOptions { SilenceTimeout = TimeSpan.Zero })).Message, StringComparison.Ordinal);
        Assert.Contains("GiveUpAfter", Assert.Throws<InvalidArgumentException>(() => client.Keys.WatchAsync(options: new WatchOptions { GiveUpAfter = TimeSpan.Zero })).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidArgumentException>(() => client.Keys.WatchKeyAsync("a//b"));
    }

    /// <summary>Event n is at position n: sends what comes after `from`, and breaks each connection after so many.</summary>
    private static FakeNode Counting(FakeNode node, int breakAfter = int.MaxValue, string how = "") => node.OnWatch(async (r, events, context) =>
    {
        var from = r.From.Length == 0 ? 0 : int.Parse(r.From, CultureInfo.InvariantCulture);
        for (var i = from + 1; i <= from + Events; i++)
        {
            await events.WriteAsync(Put(i));
            if (i - from < breakAfter) continue;
            switch (how)
            {
                case "hang up":
                    // What was written must be on its way first.
                    await Task.Delay(100);
                    throw FakeNode.HangUp(context);
                case "unavailable": throw Refusal.Of(ErrorCode.Unavailable);
                case "too slow": throw Refusal.Of(ErrorCode.Unavailable, details: Refusal.Details($$"""{"position":"{{i}}"}"""));
                default: return;
            }
        }
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
    });

    private static WatchEvent Put(int i) => new() { Position = Text(i), Key = "k", Type = Messages.V1.KeyEventType.Put, Value = ByteString.CopyFromUtf8(Text(i)), Revision = i };

    private static string Text(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static async Task<List<KeyEvent>> TakeAsync(IAsyncEnumerable<KeyEvent> events, int count)
    {
        using var tooLate = new CancellationTokenSource(TestClient.Generous);
        var seen = new List<KeyEvent>();
        await foreach (var e in events.WithCancellation(tooLate.Token))
        {
            seen.Add(e);
            if (seen.Count == count) break;
        }
        return seen;
    }
}
