using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Sessions;

public sealed class SessionTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task The_session_is_made_with_the_first_lock_and_shared_by_all()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(TestClient.Patient with { Label = "worker-1", SessionTtl = TimeSpan.FromSeconds(7) }, node);
        await client.Keys.GetAsync("k");
        Assert.Empty(node.Seen<CreateSessionRequest>());

        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => client.Locks.AcquireAsync($"l{i}")));

        var created = Assert.Single(node.Seen<CreateSessionRequest>());
        Assert.Equal(("worker-1", 7.0), (created.Label, created.TtlSeconds));
        Assert.Single(node.Seen<AcquireLockRequest>().Select(a => a.SessionId).Distinct());
    }

    [Fact]
    public async Task Keepalives_go_out_about_every_third_of_the_time_to_live()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        var begun = _time.GetUtcNow();
        await using var held = await client.Locks.AcquireAsync("l");
        for (var i = 1; i <= 5; i++)
        {
            await _time.PassUntil(() => node.Seen<KeepAliveRequest>().Count == i);
            // Never too early; and as late as the machine is slow to bring it to the node.
            Assert.InRange((_time.GetUtcNow() - begun).TotalSeconds, 3.2 * i, (3.4 * i) + 5);
        }

        Assert.False(held.IsLost);
    }

    [Fact]
    public async Task When_the_server_pauses_the_loss_is_signalled_before_its_deadline()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<KeepAliveRequest>();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        // The server's deadline is 10 s after it got the request: not before 10 s from now.
        var now = _time.GetUtcNow();
        await using var held = await client.Locks.AcquireAsync("l");

        await _time.PassTo(now, 8.9);
        Assert.False(held.LostToken.IsCancellationRequested);
        Assert.True(node.Seen<KeepAliveRequest>().Count > 1, "it was not tried again");
        await _time.PassTo(now, 9.1);
        await TestClient.Until(() => held.LostToken.IsCancellationRequested);

        Assert.True(held.IsLost);
    }

    [Fact]
    public async Task A_keepalive_that_is_answered_late_counts_from_when_it_was_sent()
    {
        await using var node = await FakeNode.StartAsync();
        var answer = new TaskCompletionSource();
        node.On<KeepAliveRequest, KeepAliveResponse>(async (_, context) =>
        {
            if (node.Seen<KeepAliveRequest>().Count > 1) await node.StallAsync(context);
            await answer.Task;
            return new KeepAliveResponse { TtlSeconds = 10 };
        });
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await using var held = await client.Locks.AcquireAsync("l");
        _time.Advance(TimeSpan.FromSeconds(3.4));
        await TestClient.Until(() => node.Seen<KeepAliveRequest>().Count == 1);
        var sent = _time.GetUtcNow();

        await _time.PassTo(sent, 1.4);
        answer.SetResult();
        await Task.Delay(200);

        await _time.PassTo(sent, 8.9);
        Assert.False(held.LostToken.IsCancellationRequested);
        await _time.PassTo(sent, 9.1);
        await TestClient.Until(() => held.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Keepalives_go_round_a_node_that_does_not_answer()
    {
        await using var stalled = (await FakeNode.StartAsync()).StallOn<KeepAliveRequest>();
        await using var healthy = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, stalled, healthy);
        await using var held = await client.Locks.AcquireAsync("l");

        await _time.PassUntil(() => healthy.Seen<KeepAliveRequest>().Count >= 2 && stalled.Seen<KeepAliveRequest>().Count >= 1);

        Assert.False(held.IsLost);
    }

    [Fact]
    public async Task When_the_server_says_that_the_session_is_gone_it_is_lost_at_once_and_the_next_lock_makes_a_fresh_one()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await using var held = await client.Locks.AcquireAsync("l");
        node.Refuse<KeepAliveRequest>(ErrorCode.SessionExpired);

        await _time.PassUntil(() => held.LostToken.IsCancellationRequested);
        node.On<KeepAliveRequest, KeepAliveResponse>(_ => new KeepAliveResponse { TtlSeconds = 10 });
        await using var next = await client.Locks.AcquireAsync("l");

        Assert.Single(node.Seen<KeepAliveRequest>(), k => k.SessionId == held.SessionId.Text);
        Assert.NotEqual(held.SessionId, next.SessionId);
        Assert.False(next.IsLost);
        Assert.Equal(2, node.Seen<CreateSessionRequest>().Count);
    }

    [Fact]
    public async Task A_session_made_by_an_attempt_that_was_not_answered_counts_from_that_attempt()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<KeepAliveRequest>();
        node.On<CreateSessionRequest, CreateSessionResponse>(async (request, context) =>
        {
            if (request.Attempt == 1) await node.StallAsync(context);
            return new CreateSessionResponse { SessionId = $"3-{Guid.NewGuid():D}", TtlSeconds = 10 };
        });
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time, AttemptTimeout = TimeSpan.FromSeconds(2) }, node);
        var now = _time.GetUtcNow();

        var acquiring = client.Locks.AcquireAsync("l");
        await TestClient.Until(() => node.Seen<CreateSessionRequest>().Count == 1);
        _time.Advance(TimeSpan.FromSeconds(2));
        await _time.PassUntil(() => node.Seen<CreateSessionRequest>().Count == 2, stepMs: 10);
        await using var held = await acquiring;

        await _time.PassTo(now, 8.9);
        Assert.False(held.LostToken.IsCancellationRequested);
        await _time.PassTo(now, 9.1);
        await TestClient.Until(() => held.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task A_session_that_took_long_to_make_is_kept_alive_before_it_is_used()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<CreateSessionRequest, CreateSessionResponse>(async (request, context) =>
        {
            if (request.Attempt < 4) await node.StallAsync(context);
            return new CreateSessionResponse { SessionId = $"3-{Guid.NewGuid():D}", TtlSeconds = 10 };
        });
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);

        var acquiring = client.Locks.AcquireAsync("l");
        await _time.PassUntil(() => acquiring.IsCompleted);
        await using var held = await acquiring;

        Assert.NotEmpty(node.Seen<KeepAliveRequest>());
        Assert.False(held.IsLost);
    }

    [Fact]
    public async Task Disposing_the_client_signals_the_loss_and_closes_the_session()
    {
        await using var node = await FakeNode.StartAsync();
        var client = TestClient.Connect(TestClient.Patient with { CloseTimeout = TestClient.Generous }, node);
        var held = await client.Locks.AcquireAsync("l");
        await client.DisposeAsync();
        await client.DisposeAsync();

        Assert.True(held.LostToken.IsCancellationRequested);
        Assert.Equal(held.SessionId.Text, Assert.Single(node.Seen<CloseSessionRequest>()).SessionId);
        await held.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_a_client_that_never_had_a_session_sends_nothing()
    {
        await using var node = await FakeNode.StartAsync();
        await using (var client = TestClient.Connect(node)) await client.Keys.GetAsync("k");
        Assert.Empty(node.Seen<CreateSessionRequest>());
        Assert.Empty(node.Seen<CloseSessionRequest>());
    }

    [Fact]
    public async Task Disposing_does_not_hang_when_no_node_answers()
    {
        var node = await FakeNode.StartAsync();
        var client = TestClient.Connect(TestClient.SoonTired, node);
        await client.Locks.AcquireAsync("l");
        await node.DisposeAsync();
        await client.DisposeAsync().AsTask().WaitAsync(TestClient.Generous);
    }

    [Fact]
    public async Task Other_sessions_can_be_seen_and_closed()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var id = await client.Sessions.GetOwnIdAsync();

        var state = await client.Sessions.GetAsync(id);
        await client.Sessions.CloseAsync(id);

        Assert.Equal(TimeSpan.FromSeconds(7.2), state.Remaining);
        Assert.Equal(["a"], state.Locks);
        Assert.Equal(id.Text, node.Seen<CloseSessionRequest>().Single().SessionId);
    }
}
