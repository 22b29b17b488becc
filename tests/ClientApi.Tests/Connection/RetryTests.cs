using System.Diagnostics;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Connection;

public sealed class RetryTests
{
    /// <summary>No port that anybody is given: nobody listens there.</summary>
    internal const string Nobody = "http://127.0.0.1:1";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task A_lost_reply_is_recovered_by_the_same_id_as_the_next_attempt_at_another_endpoint()
    {
        await using var a = await FakeNode.StartAsync();
        await using var b = await FakeNode.StartAsync();
        var answering = 0;
        foreach (var node in new[] { a, b })
        {
            node.On<PutKeyRequest, PutKeyResponse>((request, context) =>
            {
                if (Interlocked.Increment(ref answering) > 1) return Task.FromResult(new PutKeyResponse { Key = request.Key, Revision = 7 });
                throw FakeNode.HangUp(context);
            });
        }
        await using var client = TestClient.Connect(a, b);

        var revision = await client.Keys.PutAsync("k", "v");

        Assert.Equal(new Revision(7), revision);
        var first = Assert.Single(a.Seen<PutKeyRequest>());
        var second = Assert.Single(b.Seen<PutKeyRequest>());
        Assert.Equal(first.RequestId, second.RequestId);
        Assert.Equal([1u, 2u], new[] { first.Attempt, second.Attempt }.Order());
        Assert.Equal(7, Guid.Parse(first.RequestId).Version);
    }

    [Fact]
    public async Task An_attempt_that_is_not_answered_in_time_goes_to_another_endpoint()
    {
        await using var stalled = (await FakeNode.StartAsync()).StallOn<PutKeyRequest>().StallOn<GetKeyRequest>();
        await using var healthy = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { AttemptTimeout = TimeSpan.FromSeconds(1) }, stalled, healthy);

        for (var i = 0; i < 4; i++) await client.Keys.PutAsync($"k{i}", "v");

        Assert.Equal(4, healthy.Seen<PutKeyRequest>().Select(p => p.RequestId).Distinct().Count());
        var stalledPut = stalled.Seen<PutKeyRequest>()[0];
        Assert.Contains(healthy.Seen<PutKeyRequest>(), p => p.RequestId == stalledPut.RequestId && p.Attempt > stalledPut.Attempt);
    }

    [Fact]
    public async Task A_change_that_is_never_answered_ends_as_outcome_unknown()
    {
        await using var node = (await FakeNode.StartAsync()).HangUpOn<PutKeyRequest>();
        await using var client = TestClient.Connect(TestClient.Impatient with { TimeProvider = _time }, node);
        var put = client.Keys.PutAsync("k", "v");
        await TwiceAtLeastAsync<PutKeyRequest>(node, put);
        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(() => put);

        var attempts = node.Seen<PutKeyRequest>();
        Assert.Equal(unknown.RequestId, Assert.Single(attempts.Select(p => p.RequestId).Distinct()));
        Assert.Equal(Enumerable.Range(1, attempts.Count).Select(i => (uint)i), attempts.Select(p => p.Attempt));
    }

    [Fact]
    public async Task A_change_that_is_refused_as_unavailable_every_time_was_certainly_not_made()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<PutKeyRequest>(ErrorCode.Unavailable);
        await using var client = TestClient.Connect(TestClient.SoonTired with { TimeProvider = _time }, node);
        var put = client.Keys.PutAsync("k", "v");
        await TwiceAtLeastAsync<PutKeyRequest>(node, put);
        await Assert.ThrowsAsync<UnavailableException>(() => put);
    }

    [Fact]
    public async Task A_change_that_could_not_even_be_sent_was_certainly_not_made()
    {
        await using var client = AkkaHaClient.Connect(Nobody, TestClient.SoonTired);

        await Assert.ThrowsAsync<UnavailableException>(() => client.Keys.PutAsync("k", "v"));
    }

    [Fact]
    public async Task Unavailable_after_an_unanswered_attempt_counts_as_unknown()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>((request, context) =>
        {
            if (request.Attempt > 1) throw Refusal.Of(ErrorCode.Unavailable);
            throw FakeNode.HangUp(context);
        });
        await using var client = TestClient.Connect(TestClient.Impatient, node);

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => client.Keys.PutAsync("k", "v"));
    }

    [Fact]
    public async Task An_answer_that_names_no_reason_is_in_doubt_even_when_its_status_is_unavailable()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>((_, _) => throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "a proxy says so")));
        await using var client = TestClient.Connect(TestClient.Impatient, node);

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => client.Keys.PutAsync("k", "v"));
    }

    [Fact]
    public async Task Outcome_unknown_is_asked_again_until_it_is_known()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>(request => request.Attempt < 3 ? throw Refusal.Of(ErrorCode.OutcomeUnknown) : new PutKeyResponse { Revision = 9 });
        await using var client = TestClient.Connect(node);

        Assert.Equal(new Revision(9), await client.Keys.PutAsync("k", "v"));
    }

    [Fact]
    public async Task A_refusal_is_final()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<PutKeyRequest>(ErrorCode.RevisionMismatch);
        await using var client = TestClient.Connect(node);

        await Assert.ThrowsAsync<RevisionMismatchException>(() => client.Keys.PutAsync("k", "v", new Revision(3)));

        Assert.Single(node.Seen<PutKeyRequest>());
    }

    [Fact]
    public async Task A_read_is_repeated_and_never_ends_as_outcome_unknown()
    {
        await using var node = (await FakeNode.StartAsync()).HangUpOn<GetKeyRequest>();
        await using var client = TestClient.Connect(TestClient.Impatient with { TimeProvider = _time }, node);
        var get = client.Keys.GetAsync("k");
        await TwiceAtLeastAsync<GetKeyRequest>(node, get);
        await Assert.ThrowsAsync<UnavailableException>(() => get);
    }

    [Fact]
    public async Task A_retry_hint_is_waited_for()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>(request =>
            request.Attempt == 1 ? throw Refusal.Of(ErrorCode.Unavailable, retryAfter: TimeSpan.FromMilliseconds(700)) : new PutKeyResponse { Revision = 1 });
        await using var client = TestClient.Connect(node);
        await client.Keys.GetAsync("warm");
        var clock = Stopwatch.StartNew();

        await client.Keys.PutAsync("k", "v");

        Assert.True(clock.Elapsed > TimeSpan.FromMilliseconds(650), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Cancelling_ends_a_call_at_once()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<PutKeyRequest>();
        await using var client = TestClient.Connect(node);
        using var cancel = new CancellationTokenSource();

        var put = client.Keys.PutAsync("k", "v", cancellationToken: cancel.Token);
        await TestClient.Until(() => node.Seen<PutKeyRequest>().Count > 0);
        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
    }

    [Fact]
    public async Task Disposing_the_client_ends_calls_that_are_open_and_refuses_new_ones()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<PutKeyRequest>();
        var client = TestClient.Connect(node);
        var put = client.Keys.PutAsync("k", "v");
        await TestClient.Until(() => node.Seen<PutKeyRequest>().Count > 0);

        await client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => put);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Keys.GetAsync("k"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Locks.TryAcquireAsync("l"));
    }

    /// <summary>Fake time passes so slowly until it was tried twice that no machine is too slow for that.</summary>
    private async Task TwiceAtLeastAsync<TRequest>(FakeNode node, Task call)
        where TRequest : class
    {
        await _time.PassUntil(() => node.Seen<TRequest>().Count >= 2, stepMs: 5);
        await _time.PassUntil(() => call.IsCompleted);
    }
}
