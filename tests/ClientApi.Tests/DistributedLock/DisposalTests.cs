using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Medallion.Threading;
using Xunit;

namespace AkkaHa.ClientApi.Tests.DistributedLock;

public sealed class DisposalTests
{
    [Fact]
    public async Task Who_disposed_of_a_lock_finds_it_free_also_when_the_cluster_was_slow_to_take_it_back()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var mayBeReleased = new TaskCompletionSource();
        var holders = 0;
        node.On<AcquireLockRequest, LockGrant>(r => Interlocked.CompareExchange(ref holders, 1, 0) == 0 ? FakeLocks.Grant(r) : throw Refusal.Of(ErrorCode.LockHeld));
        node.On<ReleaseLockRequest, ReleaseLockResponse>(async (r, _) =>
        {
            await mayBeReleased.Task;
            Volatile.Write(ref holders, 0);
            return new ReleaseLockResponse { Fence = r.Fence };
        });
        var wanted = new AkkaHaDistributedLock("l", client);
        var held = await wanted.AcquireAsync();

        // It waits for a second, and goes on beside.
        await held.DisposeAsync();
        var next = wanted.TryAcquireAsync().AsTask();
        await Task.Delay(100);
        Assert.False(next.IsCompleted);
        mayBeReleased.SetResult();

        Assert.NotNull(await next);
    }

    [Fact]
    public async Task A_wait_for_ones_own_release_ends_with_its_cancellation()
    {
        await using var node = (await FakeNode.StartAsync()).StallOn<ReleaseLockRequest>();
        await using var client = TestClient.Connect(TestClient.Patient with { CloseTimeout = TimeSpan.FromMilliseconds(200) }, node);
        var wanted = new AkkaHaDistributedLock("l", client);
        await (await wanted.AcquireAsync()).DisposeAsync();
        using var cancel = new CancellationTokenSource();
        var next = wanted.TryAcquireAsync(cancellationToken: cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }
}
