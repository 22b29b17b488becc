using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Locks;

/// <summary>Locks on a session that is not the client's own: somebody else keeps it alive, and only a server can say that it has ended.</summary>
public sealed class OthersSessionTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task A_lock_is_given_back_long_after_the_client_has_last_heard_of_the_session()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = Connect(node);
        var held = await client.Locks.AcquireAsync(new LockRequest("l") { Session = Session() });
        await _time.PassTo(_time.GetUtcNow(), 12);
        // What it promises: to be over when this client does not know any more.
        Assert.True(held.IsLost);

        await held.DisposeAsync();

        var released = Assert.Single(node.Seen<ReleaseLockRequest>());
        Assert.Equal((held.SessionId.Text, held.Fence.Value), (released.SessionId, released.Fence));
    }

    [Fact]
    public async Task Giving_back_ends_when_a_server_says_that_the_session_is_gone()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<ReleaseLockRequest>(ErrorCode.SessionExpired);
        await using var client = Connect(node);
        var held = await client.Locks.AcquireAsync(new LockRequest("l") { Session = Session() });
        await held.DisposeAsync().AsTask().WaitAsync(TestClient.Generous);
        Assert.Single(node.Seen<ReleaseLockRequest>());
    }

    [Fact]
    public async Task A_wait_may_be_longer_than_the_sessions_time_to_live_and_what_is_got_lasts_from_the_grant()
    {
        await using var node = await FakeNode.StartAsync();
        var free = _time.GetUtcNow().AddSeconds(26);
        DateTimeOffset lastKept = default;
        node.On<KeepAliveRequest, KeepAliveResponse>(_ =>
        {
            lastKept = _time.GetUtcNow();
            return new KeepAliveResponse { TtlSeconds = 10, LostPosition = 7, Lost = { new LostHolding { Name = "of the other", Fence = 3 } } };
        });
        node.On<AcquireLockRequest, LockGrant>(async (request, context) =>
        {
            if (_time.GetUtcNow() >= free) return FakeLocks.Grant(request);
            await Task.Delay(TimeSpan.FromSeconds(request.WaitSeconds), _time, context.CancellationToken);
            throw Refusal.Of(ErrorCode.LockHeld);
        });
        await using var client = Connect(node);

        var acquiring = client.Locks.AcquireAsync(new LockRequest("l") { Session = Session() }, TimeSpan.FromMinutes(5));
        await _time.PassUntil(() => acquiring.IsCompleted, stepMs: 100);
        await using var held = await acquiring;

        Assert.False(held.IsLost);
        Assert.True(lastKept >= free, "it was not kept alive with the grant");
        // Whose session it is has to hear of its losses too, so nothing is said to have been seen.
        Assert.All(node.Seen<KeepAliveRequest>(), k => Assert.Equal(0ul, k.LostSeen));
        var kept = node.Seen<KeepAliveRequest>().Count;
        await _time.PassTo(_time.GetUtcNow(), 8);
        Assert.False(held.IsLost);
        Assert.Equal(kept, node.Seen<KeepAliveRequest>().Count);
    }

    [Fact]
    public async Task A_wait_whose_session_ends_says_so()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<KeepAliveRequest, KeepAliveResponse>(_ => node.Seen<KeepAliveRequest>().Count == 1 ? new KeepAliveResponse { TtlSeconds = 10 } : throw Refusal.Of(ErrorCode.SessionExpired));
        node.StallOn<AcquireLockRequest>();
        await using var client = Connect(node);

        var acquiring = client.Locks.AcquireAsync(new LockRequest("l") { Session = Session() });
        await _time.PassUntil(() => acquiring.IsCompleted, stepMs: 100);

        await Assert.ThrowsAsync<SessionExpiredException>(() => acquiring);
        Assert.Single(node.Seen<AcquireLockRequest>().Select(a => a.RequestId).Distinct());
    }

    private AkkaHaClient Connect(FakeNode node) => TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);

    private static SessionId Session() => SessionId.TryParse($"3-{Guid.NewGuid():D}", out var id) ? id : throw new InvalidOperationException();
}
