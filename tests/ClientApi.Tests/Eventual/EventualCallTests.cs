using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.Eventual;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Eventual;

/// <summary>How the client calls for eventual data.</summary>
public sealed class EventualCallTests
{
    [Fact]
    public async Task A_change_that_was_not_answered_is_repeated_under_its_id()
    {
        await using var node = await FakeNode.StartAsync();
        var hungUp = false;
        node.On<UpdateEventualRequest, EventualValue>((r, context) =>
        {
            if (hungUp) return Task.FromResult(new EventualValue { Value = Value.ForString("5") });
            hungUp = true;
            throw FakeNode.HangUp(context);
        });
        await using var client = TestClient.Connect(node);

        Assert.Equal(5, await client.Eventual.Counter("hits").IncrementAsync(5, EventualOptions.AtMajority));

        var sent = node.Seen<UpdateEventualRequest>();
        Assert.Equal([1u, 2u], sent.Select(s => s.Attempt));
        Assert.Single(sent.Select(s => s.RequestId).Distinct());
        Assert.All(sent, s => Assert.Equal(("counter", "hits", 5L, Messages.V1.EventualConsistency.Majority, 2.0), (s.Kind, s.Key, s.Increment, s.Consistency, s.TimeoutSeconds)));
    }

    [Fact]
    public async Task A_read_names_all_that_this_client_has_written_also_what_was_partial()
    {
        await using var node = await FakeNode.StartAsync();
        var sequence = 0;
        node.On<UpdateEventualRequest, EventualValue>(r => new EventualValue { Token = EventualToken.Of([(7, (ulong)(++sequence % 2), sequence)]).ToString() });
        await using var client = TestClient.Connect(node);
        var set = client.Eventual.Set("s");

        await set.GetAsync();
        for (var i = 0; i < 3; i++) await set.AddAsync($"{i}");
        await set.GetAsync();
        await client.Eventual.Set("other").GetAsync();

        var tokens = node.Seen<GetEventualRequest>().Select(g => g.Token).ToArray();
        Assert.Equal("", tokens[0]);
        Assert.True(EventualToken.TryParse(tokens[1], out var token));
        Assert.Equal([(7, 0ul, 2L), (7, 1ul, 3L)], token.Changes.Order());
        Assert.Equal("", tokens[2]);
    }

    [Fact]
    public async Task What_is_stored_but_not_everywhere_is_its_own_exception_and_not_repeated()
    {
        await using var node = await FakeNode.StartAsync();
        node.Refuse<UpdateEventualRequest>(ErrorCode.Partial);
        await using var client = TestClient.Connect(node);

        await Assert.ThrowsAsync<PartialException>(() => client.Eventual.Flag("f").EnableAsync());
        Assert.Single(node.Seen<UpdateEventualRequest>());
    }

    [Fact]
    public async Task What_is_stored_but_not_everywhere_can_be_sent_again_under_its_id()
    {
        await using var node = await FakeNode.StartAsync();
        var partial = true;
        node.On<UpdateEventualRequest, EventualValue>(_ => partial ? throw Refusal.Of(ErrorCode.Partial) : new EventualValue { Value = Value.ForString("5") });
        await using var client = TestClient.Connect(TestClient.SoonTired, node);
        var hits = client.Eventual.Counter("hits");

        var stored = await Assert.ThrowsAsync<PartialException>(() => hits.IncrementAsync(5));
        partial = false;
        Assert.Equal(5, await hits.IncrementAsync(5, new EventualOptions { RequestId = stored.RequestId }));
        Assert.Equal([stored.RequestId!, stored.RequestId!], node.Seen<UpdateEventualRequest>().Select(s => s.RequestId));

        // It is there already: a repeat that reaches nobody must not say that it was not done.
        node.Refuse<UpdateEventualRequest>(ErrorCode.Unavailable);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => hits.IncrementAsync(5, new EventualOptions { RequestId = stored.RequestId }));
    }

    [Fact]
    public async Task A_watch_goes_on_at_another_node_and_tells_no_value_twice_in_a_row()
    {
        var watches = 0;
        async Task ServeAsync(IServerStreamWriter<EventualChange> changes, ServerCallContext context)
        {
            var isFirst = Interlocked.Increment(ref watches) == 1;
            foreach (var value in isFirst ? (string[])["1", "2"] : ["2", "3"])
            {
                await changes.WriteAsync(new EventualChange { Value = Value.ForString(value) });
                await changes.WriteAsync(new EventualChange { Value = Value.ForString(value), Heartbeat = true });
            }
            if (isFirst) throw Refusal.Of(ErrorCode.Unavailable);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        await using var first = (await FakeNode.StartAsync()).OnWatchEventual(ServeAsync);
        await using var second = (await FakeNode.StartAsync()).OnWatchEventual(ServeAsync);
        await using var client = TestClient.Connect(first, second);

        var told = new List<long>();
        await foreach (var value in client.Eventual.Counter("hits").WatchAsync())
        {
            told.Add(value);
            if (value == 3) break;
        }

        Assert.Equal([1L, 2, 3], told);
        Assert.Equal((1, 1), (first.Seen<WatchEventualRequest>().Count, second.Seen<WatchEventualRequest>().Count));
    }

    [Fact]
    public async Task What_is_not_there_reads_as_nothing()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        Assert.Equal(0, await client.Eventual.Counter("x").GetAsync());
        Assert.Empty(await client.Eventual.Set("x").GetAsync());
        Assert.Null(await client.Eventual.Register("x").GetAsync());
        Assert.Empty(await client.Eventual.Map("x").GetAsync());
        Assert.False(await client.Eventual.Flag("x").GetAsync());
        Assert.False(await client.Eventual.Flag("x").ExistsAsync());
    }

    [Fact]
    public async Task Wrong_options_and_names_are_refused_without_the_trip()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        Assert.Throws<InvalidArgumentException>(() => client.Eventual.Counter("a//b"));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Eventual.Counter("a").GetAsync(new EventualOptions { Timeout = TimeSpan.FromMinutes(2) }));
        Assert.Empty(node.Seen<GetEventualRequest>());
    }

    [Fact]
    public void A_token_is_read_as_it_was_written_and_nothing_else_is_one()
    {
        var token = EventualToken.Of([(3, 9, 1), (1023, ulong.MaxValue, 5), (3, 9, 4)]);
        Assert.True(EventualToken.TryParse(token.ToString(), out var read));
        Assert.Equal([(3, 9ul, 4L), (1023, ulong.MaxValue, 5L)], read.Changes.Order());
        Assert.Equal([(3, 9ul, 6L), (1023, ulong.MaxValue, 5L)], read.And(EventualToken.Of([(3, 9, 6)])).Changes.Order());
        Assert.False(EventualToken.TryParse("AAAA", out _));
        Assert.False(EventualToken.TryParse("no base64!", out _));
    }
}
