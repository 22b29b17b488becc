using System.Diagnostics;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Connection;

/// <summary>Many calls over one stream. What a call means does not depend on how it travels, so all other tests of the client run over pipelines too.</summary>
public sealed class PipelineTests
{
    private static readonly byte[] Small = [1];

    [Fact]
    public async Task Calls_share_one_stream_and_none_waits_for_another()
    {
        await using var node = await FakeNode.StartAsync();
        var held = HoldSlow(node);
        await using var client = TestClient.Connect(node);
        await ReadyAsync(client, node);

        var slow = client.Keys.GetAsync("slow");
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.Keys.GetAsync($"k{i}"))).WaitAsync(TestClient.Generous);
        Assert.False(slow.IsCompleted);
        held.SetResult();

        Assert.Equal("slow", (await slow)?.Key);
        Assert.Equal(1, node.Pipelines);
    }

    [Fact]
    public async Task A_node_that_knows_no_pipelines_is_asked_by_methods_and_does_everything_once()
    {
        await using var node = await FakeNode.StartAsync(pipelines: false);
        await using var client = TestClient.Connect(node);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => client.Keys.PutAsync($"k{i}", Small)));
        await client.Keys.PutAsync("later", Small);

        var seen = node.Seen<PutKeyRequest>();
        Assert.Equal(51, seen.Count);
        Assert.All(seen, put => Assert.Equal(1u, put.Attempt));
    }

    /// <summary>A node of before, when more requests than it knows can go over a stream.</summary>
    [Fact]
    public async Task What_a_node_does_not_know_over_a_stream_is_called_by_its_method_and_done_once()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await ReadyAsync(client, node);
        var before = node.Pipelined;

        node.KnowsNothing = true;
        await client.Keys.PutAsync("k", Small);

        Assert.Equal(before + 1, node.Pipelined);
        Assert.Equal(1u, Assert.Single(node.Seen<PutKeyRequest>()).Attempt);
    }

    [Fact]
    public async Task Without_pipelining_each_call_goes_by_its_method()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(TestClient.Patient with { Pipelining = false }, node);

        await client.Keys.PutAsync("k", Small);

        Assert.Single(node.Seen<PutKeyRequest>());
        Assert.Equal(0, node.Pipelines);
    }

    [Fact]
    public async Task What_is_large_does_not_keep_others_waiting()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        await client.Keys.PutAsync("large", new byte[Limits.ValueBytes]);

        Assert.Equal(Limits.ValueBytes, Assert.Single(node.Seen<PutKeyRequest>()).Value.Length);
        Assert.Equal(0, node.Pipelines);
    }

    [Fact]
    public async Task More_than_a_message_may_have_goes_in_several()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await ReadyAsync(client, node);

        // 40 MB, all at once: many times what one message may have.
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.Keys.PutAsync($"k{i}", new byte[200_000])));

        Assert.Equal(200, node.Seen<PutKeyRequest>().Count(put => put.Attempt == 1));
        Assert.Equal(1, node.Pipelines);
    }

    /// <summary>By which a node knows how late it reads them.</summary>
    [Fact]
    public async Task Each_call_says_when_it_was_sent_and_how_long_it_had_waited_for_that()
    {
        await using var node = await FakeNode.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = time }, node);
        await ReadyAsync(client, node);
        await client.Keys.PutAsync("before", Small);
        var before = node.SentAt.Last();
        Assert.Equal(0u, before.WaitedMs);

        // More than fits in the windows of HTTP/2 while nobody reads: most of it stays in the client.
        var read = new TaskCompletionSource();
        node.ReadsFrom = read.Task;
        var puts = Enumerable.Range(0, 200).Select(i => client.Keys.PutAsync($"k{i}", new byte[100_000])).ToArray();
        await Task.Delay(500);
        time.Advance(TimeSpan.FromSeconds(2));
        read.SetResult();
        await Task.WhenAll(puts).WaitAsync(TestClient.Generous);

        Assert.Equal((before.SentMs + 2_000, 2_000u), node.SentAt.Last());
        Assert.All(node.SentAt, sent => Assert.True(sent.SentMs >= 1));
    }

    [Fact]
    public async Task A_stream_that_breaks_leaves_the_outcome_unknown_and_the_call_is_sent_again_as_the_next_attempt()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>((request, context) =>
            request.Attempt == 1 ? throw FakeNode.HangUp(context) : Task.FromResult(new PutKeyResponse { Key = request.Key, Revision = 7 }));
        await using var client = TestClient.Connect(node);
        await ReadyAsync(client, node);

        var revision = await client.Keys.PutAsync("k", Small).WaitAsync(TestClient.Generous);

        Assert.Equal(7, revision.Value);
        var seen = node.Seen<PutKeyRequest>();
        Assert.Equal([1u, 2u], seen.Select(put => put.Attempt));
        Assert.Single(seen.Select(put => put.RequestId).Distinct());
    }

    /// <summary>Whoever ends a stream has not looked at each call of it, and may have let some through.</summary>
    [Theory]
    [InlineData(StatusCode.PermissionDenied)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Unimplemented)]
    public async Task However_a_stream_ends_that_is_no_refusal_of_its_calls(StatusCode end)
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await ReadyAsync(client, node);

        node.EndPipelines = end;
        await client.Keys.PutAsync("k", Small).WaitAsync(TestClient.Generous);

        Assert.Equal([2u], node.Seen<PutKeyRequest>().Select(put => put.Attempt));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_lets_no_streams_through_costs_no_call_anything(bool holds)
    {
        await using var node = await FakeNode.StartAsync();
        (node.HoldPipelines, node.EndPipelines) = (holds, holds ? null : StatusCode.PermissionDenied);
        await using var client = TestClient.Connect(TestClient.SoonTired, node);

        for (var i = 0; i < 20; i++) await client.Keys.PutAsync($"k{i}", Small);

        Assert.All(node.Seen<PutKeyRequest>(), put => Assert.Equal(1u, put.Attempt));
        Assert.Equal((1, 0), (node.Pipelines, node.Pipelined));
    }

    [Fact]
    public async Task With_as_many_calls_as_a_stream_may_have_others_go_by_their_methods()
    {
        await using var node = await FakeNode.StartAsync();
        var held = new TaskCompletionSource();
        var byMethod = 0;
        node.On<GetKeyRequest, KeyValue>(async (request, context) =>
        {
            if (context.Method.EndsWith("/Get", StringComparison.Ordinal)) Interlocked.Increment(ref byMethod);
            else await held.Task;
            return new KeyValue { Key = request.Key, Revision = 1 };
        });
        await using var client = TestClient.Connect(TestClient.Patient with { AttemptTimeout = TimeSpan.FromSeconds(60) }, node);
        await ReadyAsync(client, node);
        var many = Enumerable.Range(0, Limits.PipelinedCalls).Select(i => client.Keys.GetAsync($"k{i}")).ToArray();
        await TestClient.Until(() => node.Seen<GetKeyRequest>().Count == Limits.PipelinedCalls);

        await client.Keys.GetAsync("one more").WaitAsync(TestClient.Generous);

        Assert.Equal(1, byMethod);
        held.SetResult();
        await Task.WhenAll(many).WaitAsync(TestClient.Generous);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_is_taken_back_and_the_others_go_on()
    {
        await using var node = await FakeNode.StartAsync();
        var takenBack = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        node.On<GetKeyRequest, KeyValue>(async (request, context) =>
        {
            if (request.Key == "other") return new KeyValue { Key = "other", Revision = 1 };
            context.CancellationToken.Register(takenBack.SetResult);
            begun.SetResult();
            return (KeyValue)await node.StallAsync(context);
        });
        await using var client = TestClient.Connect(node);
        await ReadyAsync(client, node);
        using var cancel = new CancellationTokenSource();

        var waiting = client.Keys.GetAsync("k", cancel.Token);
        await begun.Task.WaitAsync(TestClient.Generous);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await takenBack.Task.WaitAsync(TestClient.Generous);
        Assert.Equal("other", (await client.Keys.GetAsync("other"))?.Key);
        Assert.Equal(1, node.Pipelines);
    }

    [Fact]
    public async Task A_node_that_leaves_gets_no_new_calls_over_the_stream_and_answers_those_it_has()
    {
        await using var node = await FakeNode.StartAsync();
        var held = HoldSlow(node);
        await using var client = TestClient.Connect(node);
        await ReadyAsync(client, node);
        var slow = client.Keys.GetAsync("slow");
        await client.Keys.GetAsync("k");

        node.IsLeaving = true;
        await client.Keys.GetAsync("k");
        node.IsLeaving = false;
        await TestClient.Until(() =>
        {
            client.Keys.GetAsync("k").Wait(TestClient.Generous);
            return node.Pipelines == 2;
        });
        held.SetResult();

        Assert.Equal("slow", (await slow.WaitAsync(TestClient.Generous))?.Key);
    }

    [Fact]
    public async Task A_stalled_call_times_out_alone()
    {
        await using var node = await FakeNode.StartAsync();
        node.StallOn<PutKeyRequest>();
        node.On<GetKeyRequest, KeyValue>(request => new KeyValue { Key = request.Key, Revision = 1 });
        await using var client = TestClient.Connect(TestClient.Impatient, node);
        await ReadyAsync(client, node);

        var stalled = client.Keys.PutAsync("k", Small);
        var watch = Stopwatch.StartNew();
        while (!stalled.IsCompleted && watch.Elapsed < TestClient.Generous) Assert.Equal(1, (await client.Keys.GetAsync("other"))?.Revision.Value);

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => stalled);
        Assert.Equal(1, node.Pipelines);
    }

    /// <summary>Reads are answered, but that of <c>slow</c> only when the result is set.</summary>
    private static TaskCompletionSource HoldSlow(FakeNode node)
    {
        var held = new TaskCompletionSource();
        node.On<GetKeyRequest, KeyValue>(async (request, _) =>
        {
            if (request.Key == "slow") await held.Task;
            return new KeyValue { Key = request.Key, Revision = 1 };
        });
        return held;
    }

    /// <summary>Until the stream is there, calls go by their methods.</summary>
    internal static async Task ReadyAsync(AkkaHaClient client, FakeNode node)
    {
        var until = Stopwatch.StartNew();
        while (node.Pipelined == 0)
        {
            Assert.True(until.Elapsed < TestClient.Generous);
            await client.Keys.DeleteAsync("nothing");
        }
    }
}
