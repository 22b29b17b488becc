using System.Globalization;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Keys;

/// <summary>What a watch is told, how fast, and how it ends.</summary>
public sealed class WatchTests
{
    internal const int Events = 20;

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

    [Fact]
    public async Task A_slow_reader_is_not_taken_for_a_silent_node()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = Counting(await FakeNode.StartAsync());
        await using var client = TestClient.Connect(TestClient.Patient with { TimeProvider = time }, node);
        var seen = 0;
        await foreach (var _ in client.Keys.WatchAsync(options: new WatchOptions { SilenceTimeout = TimeSpan.FromMilliseconds(200) }))
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
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
    internal static FakeNode Counting(FakeNode node, int breakAfter = int.MaxValue, string how = "") => node.OnWatch(async (r, events, context) =>
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

    internal static WatchEvent Put(int i) => new() { Position = Text(i), Key = "k", Type = Messages.V1.KeyEventType.Put, Value = ByteString.CopyFromUtf8(Text(i)), Revision = i };

    internal static string Text(int i) => i.ToString(CultureInfo.InvariantCulture);

    internal static async Task<List<KeyEvent>> TakeAsync(IAsyncEnumerable<KeyEvent> events, int count)
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
