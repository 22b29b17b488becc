using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static AkkaHa.ClientApi.Tests.Keys.WatchTests;

namespace AkkaHa.ClientApi.Tests.Keys;

/// <summary>When a watch leaves its node, and where it goes on.</summary>
public sealed class WatchResumeTests
{
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
        var heard = new TaskCompletionSource();
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (r, events, context) =>
        {
            if (++connections == 1)
            {
                await events.WriteAsync(new WatchEvent { Position = "41" });
                await heard.Task;
                throw FakeNode.HangUp(context);
            }
            await events.WriteAsync(Put(42));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(node);
        var progress = new List<WatchPosition>();

        await TakeAsync(client.Keys.WatchAsync(options: new WatchOptions { Progress = Told }), 1);

        Assert.Equal(["", "41"], node.Seen<WatchRequest>().Select(r => r.From));
        Assert.Equal([new WatchPosition("41")], progress);
        void Told(WatchPosition position)
        {
            progress.Add(position);
            heard.TrySetResult();
        }
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
        await using var silent = (await FakeNode.StartAsync()).OnWatch(async (r, events, context) =>
        {
            // One that comes back, since the other was slow to answer, has had that.
            if (r.From == "0") await events.WriteAsync(Put(1));
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
        var (time, told) = (new FakeTimeProvider(DateTimeOffset.UtcNow), 0);
        using var beat = new SemaphoreSlim(0);
        await using var node = (await FakeNode.StartAsync()).OnWatch(async (_, events, context) =>
        {
            for (var i = 1; i <= 20; i++)
            {
                await beat.WaitAsync(context.CancellationToken);
                await events.WriteAsync(new WatchEvent { Position = Text(i) });
            }
            await events.WriteAsync(Put(21));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(TestClient.Patient with { TimeProvider = time }, node);
        var watch = TakeAsync(client.Keys.WatchAsync(options: new WatchOptions { SilenceTimeout = TimeSpan.FromSeconds(1.5), Progress = _ => Interlocked.Increment(ref told) }), 1);
        for (var i = 1; i <= 20; i++)
        {
            beat.Release();
            await TestClient.Until(() => Volatile.Read(ref told) == i);
            time.Advance(TimeSpan.FromSeconds(1));
        }
        await watch;
        Assert.Single(node.Seen<WatchRequest>());
    }

    [Fact]
    public async Task Without_any_node_it_tries_for_as_long_as_it_was_told()
    {
        var node = Counting(await FakeNode.StartAtPortOfItsOwnAsync(), breakAfter: 2, "hang up");
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
}
