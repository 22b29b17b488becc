using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Recipes;

/// <summary>The .NET client's locks in all modes, on a real node. The rules themselves are tested in Core.Tests and Simulation.Tests.</summary>
public sealed class LockModeTests(OneNode one) : IClassFixture<OneNode>, IAsyncLifetime
{
    private readonly AkkaHaClient _client = one.Cluster.Connect();
    private readonly string _name = $"modes/{Guid.NewGuid():N}";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _client.DisposeAsync().AsTask();

    [Fact]
    public async Task An_upgrade_that_is_given_up_leaves_the_lock_upgradeable_and_shareable()
    {
        var reader = await _client.Locks.AcquireSharedAsync(_name);
        await using var held = await _client.Locks.AcquireUpgradeableAsync(_name);
        Assert.False(await held.TryUpgradeAsync());
        await Assert.ThrowsAsync<LockHeldException>(() => held.UpgradeAsync(TimeSpan.FromMilliseconds(200)));
        using (var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held.UpgradeAsync(cancellationToken: cancel.Token));

        await using (var another = await _client.Locks.TryAcquireSharedAsync(_name)) Assert.NotNull(another);
        await _client.Keys.PutAsync(_name, "v", guard: held);
        var before = held.Fence;
        await reader.DisposeAsync();
        await held.UpgradeAsync();
        Assert.True(held.Fence > before);
        await _client.Keys.PutAsync(_name, "w", guard: held);
        await Assert.ThrowsAsync<FenceStaleException>(() => _client.Keys.PutAsync(_name, "x", guard: new Guard(_name, before)));
    }

    [Fact]
    public async Task A_semaphore_gives_as_many_permits_as_there_are()
    {
        await using var two = await _client.Locks.AcquireSemaphoreAsync(_name, 2, 3);
        Assert.Null(await _client.Locks.TryAcquireSemaphoreAsync(_name, 2, 3));
        await using (var last = await _client.Locks.TryAcquireSemaphoreAsync(_name, 1, 3)) Assert.NotNull(last);
        await two.DisposeAsync();
        await using var all = await _client.Locks.TryAcquireSemaphoreAsync(_name, 3, 3);
        Assert.NotNull(all);
    }

    [Fact]
    public async Task Several_locks_are_taken_together_or_not_at_all()
    {
        string[] names = [$"{_name}/b", $"{_name}/a", $"{_name}/c"];
        await using var other = one.Cluster.Connect();
        await using (var blocker = await other.Locks.AcquireAsync(names[2]))
        {
            Assert.Null(await _client.Locks.TryAcquireAllAsync(names.Select(n => new LockRequest(n))));
            foreach (var name in names[..2])
                await using (var free = await other.Locks.TryAcquireAsync(name)) Assert.NotNull(free);
        }
        await using (var all = await _client.Locks.AcquireAllAsync(names.Select(n => new LockRequest(n)), ClusterUnderTest.Patience))
        {
            Assert.Equal(names, all.Locks.Select(l => l.Name));
            await _client.Keys.PutAsync(_name, "v", guard: all[names[0]]);
            Assert.Null(await other.Locks.TryAcquireAsync(names[1]));
        }
        await using var again = await other.Locks.TryAcquireAsync(names[1]);
        Assert.NotNull(again);
    }

    [Fact]
    public async Task Two_flows_that_wait_for_one_another_are_told_apart_within_moments()
    {
        var (a, b) = ($"{_name}/a", $"{_name}/b");
        using var ready = new Barrier(2);
        async Task<bool> TakeBothAsync(string first, string second)
        {
            using var flow = LockFlow.Begin();
            await using var held = await _client.Locks.AcquireAsync(first);
            await Task.Run(ready.SignalAndWait);
            try
            {
                await using var both = await _client.Locks.AcquireAsync(second);
                return true;
            }
            catch (DeadlockException e)
            {
                Assert.Equal([a, b], e.Cycle.Select(w => w.Lock).Order());
                return false;
            }
        }
        var got = await Task.WhenAll(Task.Run(() => TakeBothAsync(a, b)), Task.Run(() => TakeBothAsync(b, a))).WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal([false, true], got.Order());
    }

    [Fact]
    public async Task What_happens_to_a_lock_can_be_watched()
    {
        using var over = new CancellationTokenSource(ClusterUnderTest.Patience);
        var started = new TaskCompletionSource();
        var options = new WatchOptions { Progress = _ => started.TrySetResult() };
        var watching = Task.Run(async () =>
        {
            var seen = new List<(LockEventType, long)>();
            await foreach (var e in _client.Locks.WatchLockAsync(_name, options: options, cancellationToken: over.Token))
            {
                seen.Add((e.Type, e.Fence));
                if (e.Type == LockEventType.Forced) break;
            }
            return seen;
        });
        await started.Task.WaitAsync(over.Token);
        await using (await _client.Locks.AcquireAsync(_name))
        {
        }
        await using var held = await _client.Locks.AcquireUpgradeableAsync(_name);
        await held.UpgradeAsync();
        await _client.Locks.ForceReleaseAsync(_name, "test");
        Assert.Equal([(LockEventType.Granted, 1), (LockEventType.Released, 1), (LockEventType.Granted, 2), (LockEventType.Upgraded, 3), (LockEventType.Forced, 3)], await watching);
    }
}
