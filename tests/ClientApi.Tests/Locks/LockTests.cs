using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Locks;

public sealed class LockTests
{
    [Fact]
    public async Task The_clients_label_stands_beside_its_locks()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(TestClient.Patient with { Label = "worker-1" }, node);
        await using var held = await client.Locks.AcquireAsync("l");
        Assert.Equal("worker-1", Assert.Single(node.Seen<AcquireLockRequest>()).Label);
    }

    [Fact]
    public async Task A_lock_has_its_fence_and_is_released_when_disposed()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        var held = await client.Locks.AcquireAsync("orders/7");
        await held.DisposeAsync();
        await held.DisposeAsync();

        Assert.Equal("orders/7", held.Name);
        Assert.True(held.Fence > 0);
        var released = Assert.Single(await node.SeenAsync<ReleaseLockRequest>(1));
        Assert.Equal(("orders/7", held.Fence.Value, held.SessionId.Text), (released.Name, released.Fence, released.SessionId));
        Assert.False(held.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Every_acquire_is_another_holder()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        await using var first = await client.Locks.AcquireAsync("l");
        await using var second = await client.Locks.AcquireAsync("l");

        Assert.NotEqual(first.HolderId, second.HolderId);
        Assert.Equal([first.HolderId, second.HolderId], node.Seen<AcquireLockRequest>().Select(a => a.HolderId));
    }

    [Fact]
    public async Task Trying_gives_null_when_the_lock_is_held_and_leaves_nothing_to_cancel()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<AcquireLockRequest>(ErrorCode.LockHeld);
        await using var client = TestClient.Connect(node);

        Assert.Null(await client.Locks.TryAcquireAsync("l"));

        Assert.Equal(0, Assert.Single(node.Seen<AcquireLockRequest>()).WaitSeconds);
        Assert.Empty(node.Seen<CancelLockRequest>());
    }

    [Fact]
    public async Task Acquiring_throws_on_timeout_names_the_holders_and_gives_its_place_back()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<AcquireLockRequest, LockGrant>(async (request, _) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(request.WaitSeconds));
            throw Refusal.Of(ErrorCode.LockHeld, "held", Refusal.Details(
                """{"holders":[{"sessionId":"3-x","holderId":"h","label":"worker-2","mode":"exclusive","fence":"17","heldSeconds":1.5}],"waiters":3,"position":4}"""));
        });
        await using var client = TestClient.Connect(node);

        var held = await Assert.ThrowsAsync<LockHeldException>(() => client.Locks.AcquireAsync("l", TimeSpan.FromMilliseconds(300)));

        Assert.Equal(new ClientApi.LockHolder("3-x", "h", "worker-2", ClientApi.LockMode.Exclusive, new Fence(17), TimeSpan.FromSeconds(1.5)), Assert.Single(held.Holders));
        Assert.Equal((3, 4), (held.Waiters, held.Position));
        Assert.Equal(node.Seen<AcquireLockRequest>()[0].RequestId, Assert.Single(await node.SeenAsync<CancelLockRequest>(1)).RequestId);
    }

    [Fact]
    public async Task Waiting_for_ever_renews_short_calls_under_one_id_so_that_the_place_is_kept()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await FakeNode.StartAsync();
        node.On<AcquireLockRequest, LockGrant>(async (request, context) =>
        {
            if (request.Attempt >= 4) return FakeLocks.Grant(request);
            await Task.Delay(TimeSpan.FromSeconds(request.WaitSeconds), time, context.CancellationToken);
            throw Refusal.Of(ErrorCode.LockHeld);
        });
        await using var client = TestClient.Connect(TestClient.Patient with { TimeProvider = time, SessionTtl = TimeSpan.FromHours(1) }, node);
        var acquiring = client.Locks.AcquireAsync("l", Timeout.InfiniteTimeSpan);
        await time.PassUntil(() => acquiring.IsCompleted, stepMs: 100);
        await using var held = await acquiring;

        var asked = node.Seen<AcquireLockRequest>();
        Assert.Equal([1u, 2u, 3u, 4u], asked.Select(a => a.Attempt));
        Assert.Single(asked.Select(a => (a.RequestId, a.HolderId)).Distinct());
        Assert.All(asked, a => Assert.InRange(a.WaitSeconds, 1, 60));
        Assert.Empty(node.Seen<CancelLockRequest>());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    public async Task A_request_that_a_node_took_back_when_its_call_broke_off_is_followed_by_another(int timeoutMs)
    {
        await using var node = await FakeNode.StartAsync();
        string? spent = null;
        node.On<AcquireLockRequest, LockGrant>((request, context) =>
        {
            spent ??= request.RequestId;
            if (request.RequestId != spent) return Task.FromResult(FakeLocks.Grant(request));
            // To the node the caller has gone: it takes the request back, and from then on answers it so.
            throw request.Attempt == 1 ? FakeNode.HangUp(context) : Refusal.Of(ErrorCode.LockHeld, "was asked for by a request that is cancelled");
        });
        await using var client = TestClient.Connect(node);

        await using var held = await client.Locks.TryAcquireAsync("l", TimeSpan.FromMilliseconds(timeoutMs)).WaitAsync(TestClient.Generous);

        Assert.NotNull(held);
        Assert.NotEqual(spent, held.HolderId);
    }

    [Fact]
    public async Task An_acquire_is_not_hung_up_on_while_its_node_may_still_answer()
    {
        var (time, answer) = (new FakeTimeProvider(DateTimeOffset.UtcNow), new TaskCompletionSource());
        await using var node = await FakeNode.StartAsync();
        node.On<AcquireLockRequest, LockGrant>(async (request, context) =>
        {
            await answer.Task.WaitAsync(context.CancellationToken);
            return FakeLocks.Grant(request);
        });
        await using var client = TestClient.Connect(new AkkaHaClientOptions { AttemptTimeout = TimeSpan.FromMilliseconds(500), TimeProvider = time }, node);
        var acquiring = client.Locks.AcquireAsync("l");
        await node.SeenAsync<AcquireLockRequest>(1);
        time.Advance(TimeSpan.FromSeconds(2));
        answer.SetResult();
        await using var held = await acquiring.WaitAsync(TestClient.Generous);

        Assert.Single(node.Seen<AcquireLockRequest>());
    }

    [Fact]
    public async Task Cancelling_a_wait_gives_a_grant_that_races_with_it_back()
    {
        await using var node = await FakeNode.StartAsync();
        using var cancel = new CancellationTokenSource();
        node.On<AcquireLockRequest, LockGrant>(async (request, _) =>
        {
            // Granted in the moment of cancelling: the answer never gets through.
            await cancel.CancelAsync();
            return FakeLocks.Grant(request);
        });
        await using var client = TestClient.Connect(node);
        var cancelFailures = 2;
        node.On<CancelLockRequest, CancelLockResponse>(_ =>
            cancelFailures-- > 0 ? throw Refusal.Of(ErrorCode.Unavailable) : new CancelLockResponse { Cancelled = true });

        var outcome = await Record.ExceptionAsync(() => client.Locks.AcquireAsync("l", TimeSpan.FromSeconds(5), cancel.Token));

        Assert.IsAssignableFrom<OperationCanceledException>(outcome);
        var cancels = await node.SeenAsync<CancelLockRequest>(3);
        Assert.Equal(3, cancels.Count);
        Assert.All(cancels, c => Assert.Equal(node.Seen<AcquireLockRequest>()[0].RequestId, c.RequestId));
    }

    [Fact]
    public async Task An_acquire_whose_outcome_is_unknown_is_taken_back_as_soon_as_a_node_answers()
    {
        await using var node = (await FakeNode.StartAsync()).HangUpOn<AcquireLockRequest>().Refuse<CancelLockRequest>(ErrorCode.Unavailable);
        await using var client = TestClient.Connect(TestClient.SoonTired, node);

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => client.Locks.TryAcquireAsync("l"));
        await Task.Delay(TestClient.SoonTired.GiveUpAfter + TimeSpan.FromMilliseconds(500));
        node.On<CancelLockRequest, CancelLockResponse>(_ => new CancelLockResponse());
        var before = node.Seen<CancelLockRequest>().Count;

        await TestClient.Until(() => node.Seen<CancelLockRequest>().Count > before);
    }

    [Fact]
    public async Task Disposing_does_not_throw_when_the_lock_is_not_held_any_more_but_releasing_says_so()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<ReleaseLockRequest>(ErrorCode.FenceStale);
        await using var client = TestClient.Connect(node);
        var disposed = await client.Locks.AcquireAsync("l");
        var released = await client.Locks.AcquireAsync("l");

        await disposed.DisposeAsync();

        await Assert.ThrowsAsync<FenceStaleException>(() => released.ReleaseAsync());
        await released.DisposeAsync();
        Assert.Equal(2, (await node.SeenAsync<ReleaseLockRequest>(2)).Count);
    }

    [Fact]
    public async Task A_lock_that_can_not_be_released_now_is_released_later_since_the_session_lives_on()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<ReleaseLockRequest>(ErrorCode.Unavailable);
        await using var client = TestClient.Connect(TestClient.SoonTired, node);
        var held = await client.Locks.AcquireAsync("l");
        await held.DisposeAsync().AsTask().WaitAsync(TestClient.Generous);
        await Task.Delay(TestClient.SoonTired.GiveUpAfter + TimeSpan.FromMilliseconds(500));
        var before = node.Seen<ReleaseLockRequest>().Count;
        node.On<ReleaseLockRequest, ReleaseLockResponse>(r => new ReleaseLockResponse { Fence = r.Fence });

        await TestClient.Until(() => node.Seen<ReleaseLockRequest>().Count > before);
    }

    [Fact]
    public async Task A_session_that_is_gone_is_replaced_and_the_lock_asked_for_again()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await using var first = await client.Locks.AcquireAsync("a");
        node.On<AcquireLockRequest, LockGrant>(r => r.SessionId == first.SessionId.Text ? throw Refusal.Of(ErrorCode.SessionExpired) : FakeLocks.Grant(r));

        await using var second = await client.Locks.TryAcquireAsync("b");

        Assert.NotNull(second);
        Assert.NotEqual(first.SessionId, second.SessionId);
        Assert.True(first.LostToken.IsCancellationRequested);
        Assert.Equal(2, node.Seen<AcquireLockRequest>().Where(a => a.Name == "b").Select(a => a.RequestId).Distinct().Count());
    }

    [Fact]
    public async Task Sessions_that_never_last_end_the_try()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<AcquireLockRequest>(ErrorCode.SessionExpired);
        await using var client = TestClient.Connect(node);
        await Assert.ThrowsAsync<SessionExpiredException>(() => client.Locks.TryAcquireAsync("l"));
    }

    [Fact]
    public async Task A_wait_whose_session_is_lost_goes_on_with_a_fresh_one()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await FakeNode.StartAsync();
        // The fresh one lives, however slow the machine is.
        node.On<KeepAliveRequest, KeepAliveResponse>(_ => node.Seen<CreateSessionRequest>().Count == 1 ? throw Refusal.Of(ErrorCode.SessionExpired) : new KeepAliveResponse { TtlSeconds = 10 });
        node.On<AcquireLockRequest, LockGrant>(async (request, context) =>
        {
            if (node.Seen<CreateSessionRequest>().Count == 1) await node.StallAsync(context);
            return FakeLocks.Grant(request);
        });
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = time }, node);

        var acquiring = client.Locks.AcquireAsync("l");
        await time.PassUntil(() => acquiring.IsCompleted);
        await using var held = await acquiring;

        Assert.Equal(2, node.Seen<CreateSessionRequest>().Count);
    }

    [Fact]
    public async Task The_state_of_a_lock_can_be_read()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<GetLockRequest, Messages.V1.LockState>(r => new Messages.V1.LockState
        {
            Name = r.Name,
            LastFence = 17,
            Holders = { new Messages.V1.LockHolder { SessionId = "s", HolderId = "h", Label = "x", Fence = 17, HeldSeconds = 2 } },
            Waiters = { new Messages.V1.LockWaiter { SessionId = "t", HolderId = "i", Mode = Messages.V1.LockMode.Shared, Position = 1, WaitingSeconds = 0.5 } },
        });
        await using var client = TestClient.Connect(node);

        var state = await client.Locks.GetAsync("l");

        Assert.Equal(new Fence(17), state.LastFence);
        Assert.Equal(new ClientApi.LockHolder("s", "h", "x", ClientApi.LockMode.Exclusive, new Fence(17), TimeSpan.FromSeconds(2)), Assert.Single(state.Holders));
        Assert.Equal(new ClientApi.LockWaiter("t", "i", "", ClientApi.LockMode.Shared, 1, TimeSpan.FromSeconds(0.5)), Assert.Single(state.Waiters));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    public async Task A_bad_name_is_refused_without_a_call(string name)
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAsync(name));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAsync("l", TimeSpan.FromSeconds(-2)));
        Assert.Empty(node.Seen<AcquireLockRequest>());
    }
}
