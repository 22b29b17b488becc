using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Xunit;
using Mode = AkkaHa.ClientApi.LockMode;

namespace AkkaHa.ClientApi.Tests.Locks;

public sealed class UpgradeTests
{
    [Fact]
    public async Task An_upgrade_has_a_fence_of_its_own_which_is_what_is_released()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var held = await client.Locks.AcquireUpgradeableAsync("l");
        var first = held.Fence;

        await held.UpgradeAsync();
        await held.DisposeAsync();

        Assert.Equal(Mode.Exclusive, held.Mode);
        Assert.True(held.Fence > first);
        Assert.Equal(first.Value, Assert.Single(node.Seen<UpgradeLockRequest>()).Fence);
        Assert.Equal(held.Fence.Value, Assert.Single(await node.SeenAsync<ReleaseLockRequest>(1)).Fence);
        Assert.Empty(node.Seen<CancelLockRequest>());
    }

    [Fact]
    public async Task Only_an_upgradeable_lock_that_is_held_can_be_upgraded_and_once()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await using var shared = await client.Locks.AcquireSharedAsync("l");
        var held = await client.Locks.AcquireUpgradeableAsync("l");

        await Assert.ThrowsAsync<InvalidOperationException>(() => shared.UpgradeAsync());
        await Assert.ThrowsAsync<InvalidArgumentException>(() => held.UpgradeAsync(TimeSpan.FromSeconds(-2)));
        await held.UpgradeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => held.TryUpgradeAsync());
        await held.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => held.UpgradeAsync());
    }

    [Fact]
    public async Task An_upgrade_that_is_not_to_be_had_leaves_the_lock_upgradeable()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<UpgradeLockRequest, LockGrant>(async (request, _) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(request.WaitSeconds));
            throw Refusal.Of(ErrorCode.LockHeld);
        });
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireUpgradeableAsync("l");
        var fence = held.Fence;

        // Also one that does not wait may have left its wish behind.
        Assert.False(await held.TryUpgradeAsync());
        await Assert.ThrowsAsync<LockHeldException>(() => held.UpgradeAsync(TimeSpan.FromMilliseconds(200)));

        var asked = node.Seen<UpgradeLockRequest>().Select(u => u.RequestId).Distinct();
        Assert.Equal(2, asked.Count());
        // Beside the caller.
        await TestClient.Until(() => node.Seen<CancelLockRequest>().Count == 2);
        Assert.Equal(asked.Order(), node.Seen<CancelLockRequest>().Select(c => c.RequestId).Order());
        Assert.Equal((Mode.Upgradeable, fence, false), (held.Mode, held.Fence, held.IsLost));
    }

    /// <summary>What was refused is not granted later: nothing hangs on the taking back.</summary>
    [Fact]
    public async Task A_refused_upgrade_costs_no_lock_where_nobody_answers_that_it_is_taken_back()
    {
        await using var node = await FakeNode.StartAsync();
        node.Refuse<UpgradeLockRequest>(ErrorCode.LockHeld);
        node.StallOn<CancelLockRequest>();
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireUpgradeableAsync("l");

        Assert.False(await held.TryUpgradeAsync());
        await Task.Delay(TimeSpan.FromSeconds(3));

        Assert.False(held.IsLost);
        Assert.Empty(node.Seen<ReleaseLockRequest>());
    }

    [Fact]
    public async Task An_upgrade_that_was_granted_in_the_moment_of_giving_up_is_kept()
    {
        await using var node = await FakeNode.StartAsync();
        using var cancel = new CancellationTokenSource();
        LockGrant? granted = null;
        node.On<UpgradeLockRequest, LockGrant>(async (request, context) =>
        {
            if (granted is not null) return granted;
            granted = FakeLocks.Grant(request);
            await cancel.CancelAsync();
            return await node.StallAsync(context) as LockGrant ?? granted;
        });
        node.On<CancelLockRequest, CancelLockResponse>(_ => new CancelLockResponse { Cancelled = false });
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireUpgradeableAsync("l");

        await held.UpgradeAsync(TimeSpan.FromSeconds(20), cancel.Token);

        Assert.Equal((Mode.Exclusive, granted!.Fence), (held.Mode, held.Fence.Value));
        Assert.Single(node.Seen<UpgradeLockRequest>().Select(u => u.RequestId).Distinct());
        Assert.Equal([1u, 2u], node.Seen<UpgradeLockRequest>().Select(u => u.Attempt));
    }

    [Fact]
    public async Task An_upgrade_that_is_cancelled_is_taken_back()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<UpgradeLockRequest>();
        using var cancel = new CancellationTokenSource();
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireUpgradeableAsync("l");

        var upgrading = held.UpgradeAsync(cancellationToken: cancel.Token);
        await TestClient.Until(() => node.Seen<UpgradeLockRequest>().Count > 0);
        await Assert.ThrowsAsync<InvalidOperationException>(() => held.UpgradeAsync());
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upgrading);
        Assert.Equal((Mode.Upgradeable, false), (held.Mode, held.IsLost));
        Assert.Single(await node.SeenAsync<CancelLockRequest>(1));
    }

    [Fact]
    public async Task An_upgrade_of_what_is_not_held_any_more_loses_the_lock()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<UpgradeLockRequest>(ErrorCode.FenceStale);
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireUpgradeableAsync("l");
        await Assert.ThrowsAsync<FenceStaleException>(() => held.UpgradeAsync());
        await TestClient.Until(() => held.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task A_conflict_of_upgrades_is_told()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<UpgradeLockRequest>(ErrorCode.UpgradeConflict);
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireUpgradeableAsync("l");
        await Assert.ThrowsAsync<UpgradeConflictException>(() => held.TryUpgradeAsync());
        Assert.Equal(Mode.Upgradeable, held.Mode);
    }

    [Fact]
    public async Task An_upgrade_of_one_of_several_changes_the_fence_that_is_told()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await using var all = await client.Locks.AcquireAllAsync([LockRequest.Upgradeable("a"), LockRequest.Exclusive("b")]);
        var before = all.Fences["a"];
        await all["a"].UpgradeAsync();
        Assert.True(all.Fences["a"] > before);
        Assert.Equal([all["a"].Fence, all["b"].Fence], [all.Fences["a"], all.Fences["b"]]);
    }
}
