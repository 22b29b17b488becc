using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Mode = AkkaHa.ClientApi.LockMode;
using WireMode = AkkaHa.Messages.V1.LockMode;

namespace AkkaHa.ClientApi.Tests.Locks;

public sealed class ModeTests
{
    [Fact]
    public async Task Each_mode_is_asked_for_as_the_service_has_it()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        await using var alone = await client.Locks.AcquireAsync("l");
        await using var shared = await client.Locks.AcquireSharedAsync("l");
        await using var upgradeable = await client.Locks.TryAcquireUpgradeableAsync("l");
        await using var permits = await client.Locks.AcquireSemaphoreAsync("s", permits: 2, limit: 5);

        Assert.Equal(
            [(WireMode.Exclusive, 0, 0), (WireMode.Shared, 0, 0), (WireMode.Upgradeable, 0, 0), (WireMode.Semaphore, 2, 5)],
            node.Seen<AcquireLockRequest>().Select(a => (a.Mode, a.Permits, a.Limit)));
        Assert.Equal([Mode.Exclusive, Mode.Shared, Mode.Upgradeable, Mode.Semaphore], new[] { alone, shared, upgradeable!, permits }.Select(h => h.Mode));
    }

    [Fact]
    public async Task What_no_semaphore_can_grant_is_refused_without_a_call()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireSemaphoreAsync("s", 3, 2));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireSemaphoreAsync("s", 0, 2));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireSemaphoreAsync("s", 1, 0));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAsync(LockRequest.Shared("s") with { Permits = 2 }));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAsync(new LockRequest("s") { Limit = 2 }));
        Assert.Empty(node.Seen<AcquireLockRequest>());
    }

    [Fact]
    public async Task Locks_that_are_acquired_within_a_flow_carry_its_id_and_others_none()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        await using var before = await client.Locks.AcquireAsync("1");
        string outer, inner;
        using (var flow = LockFlow.Begin())
        {
            outer = flow.Id;
            await using var a = await client.Locks.AcquireAsync("2");
            using (var nested = LockFlow.Begin("mine"))
            {
                inner = nested.Id;
                await Task.Run(() => client.Locks.AcquireAllAsync(["3"]));
            }
            await using var b = await client.Locks.AcquireAsync("4");
            await using var own = await client.Locks.AcquireAsync(new LockRequest("5") { Flow = "own" });
        }
        await using var after = await client.Locks.AcquireAsync("6");

        Assert.Equal(["", outer, outer, "own", ""], node.Seen<AcquireLockRequest>().Select(a => a.FlowId));
        Assert.Equal(inner, Assert.Single(node.Seen<AcquireAllLocksRequest>()).FlowId);
        Assert.Equal("mine", inner);
    }

    [Fact]
    public async Task A_deadlock_tells_the_cycle()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<AcquireLockRequest, LockGrant>(_ => throw Refusal.Of(ErrorCode.Deadlock, "a cycle", Refusal.Details(
            """{"cycle":[{"sessionId":"3-a","flowId":"f","label":"x","lock":"b"},{"sessionId":"3-b","flowId":"g","label":"","lock":"a"}]}""")));
        await using var client = TestClient.Connect(node);
        var deadlock = await Assert.ThrowsAsync<DeadlockException>(() => client.Locks.AcquireAsync("b"));
        Assert.Equal([new DeadlockWait("b", "3-a", "f", "x"), new DeadlockWait("a", "3-b", "g", "")], deadlock.Cycle);
    }

    [Fact]
    public async Task Several_locks_are_one_handle_with_the_fence_of_each_and_are_released_together()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        await using (var held = await client.Locks.AcquireAllAsync(["b", "a", LockRequest.Shared("c")], TimeSpan.FromSeconds(5)))
        {
            Assert.Equal(["b", "a", "c"], held.Locks.Select(l => l.Name));
            Assert.Equal(held["a"].Fence, held.Fences["a"]);
            Assert.Equal(Mode.Shared, held["c"].Mode);
            Assert.False(held.IsLost);
        }

        var asked = Assert.Single(node.Seen<AcquireAllLocksRequest>());
        Assert.Equal([("b", WireMode.Exclusive), ("a", WireMode.Exclusive), ("c", WireMode.Shared)], asked.Locks.Select(l => (l.Name, l.Mode)));
        Assert.Equal(["a", "b", "c"], (await node.SeenAsync<ReleaseLockRequest>(3)).Select(r => r.Name).Order());
    }

    [Fact]
    public async Task Several_locks_are_lost_when_one_of_them_is()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireAllAsync(["a", "b"]);
        node.Refuse<PutKeyRequest>(ErrorCode.FenceStale);

        await Assert.ThrowsAsync<FenceStaleException>(() => client.Keys.PutAsync("k", "v", guard: held["b"]));

        await TestClient.Until(() => held.LostToken.IsCancellationRequested);
        Assert.True(held.IsLost);
        Assert.False(held["a"].IsLost);
    }

    [Fact]
    public async Task Several_locks_that_are_not_to_be_had_are_taken_back_when_the_wait_ends()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<AcquireAllLocksRequest, AcquireAllLocksResponse>(async (request, _) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(request.WaitSeconds));
            throw Refusal.Of(ErrorCode.LockHeld);
        });
        await using var client = TestClient.Connect(node);

        Assert.Null(await client.Locks.TryAcquireAllAsync(["a", "b"]));
        Assert.Empty(node.Seen<CancelAllLocksRequest>());
        await Assert.ThrowsAsync<LockHeldException>(() => client.Locks.AcquireAllAsync(["a", "b"], TimeSpan.FromMilliseconds(200)));

        Assert.Equal(node.Seen<AcquireAllLocksRequest>()[^1].RequestId, Assert.Single(await node.SeenAsync<CancelAllLocksRequest>(1)).RequestId);
    }

    [Fact]
    public async Task A_long_wait_for_several_locks_is_of_short_calls_of_one_request_that_keep_the_place_but_for_the_last()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var over = new SemaphoreSlim(0);
        await using var node = await FakeNode.StartAsync();
        node.On<AcquireAllLocksRequest, AcquireAllLocksResponse>(async (_, _) =>
        {
            await over.WaitAsync();
            throw Refusal.Of(ErrorCode.LockHeld);
        });
        await using var client = TestClient.Connect(TestClient.Patient with { TimeProvider = time }, node);
        var acquiring = client.Locks.TryAcquireAllAsync(["a", "b"], TimeSpan.FromSeconds(3.5));
        foreach (var (call, seconds) in new[] { (1, 3.0), (2, 0.5) })
        {
            await node.SeenAsync<AcquireAllLocksRequest>(call);
            time.Advance(TimeSpan.FromSeconds(seconds));
            over.Release();
        }
        Assert.Null(await acquiring.WaitAsync(TestClient.Generous));

        var asked = node.Seen<AcquireAllLocksRequest>();
        Assert.Equal((3.0, true), (asked[0].WaitSeconds, asked[0].KeepPlace));
        Assert.False(asked[^1].KeepPlace);
        Assert.Single(asked.Select(a => a.RequestId).Distinct());
        Assert.Equal(Enumerable.Range(1, asked.Count).Select(i => (uint)i), asked.Select(a => a.Attempt));
    }

    [Fact]
    public async Task Several_locks_must_be_some_and_each_once()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAllAsync([]));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAllAsync(["a", "b", "a"]));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAllAsync(Enumerable.Range(0, 129).Select(i => new LockRequest($"{i}"))));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Locks.AcquireAllAsync(["a", "b//c"]));
        Assert.Empty(node.Seen<AcquireAllLocksRequest>());
    }
}
