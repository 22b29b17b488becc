using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Recipes;

public sealed class CoordinationTests(OneNode one) : IClassFixture<OneNode>, IAsyncLifetime
{
    private readonly AkkaHaClient _client = one.Cluster.Connect();
    private readonly string _name = $"{Guid.NewGuid():N}";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _client.DisposeAsync().AsTask();

    [Fact]
    public async Task Nobody_passes_a_barrier_before_the_last_has_come_and_then_all_do_round_after_round()
    {
        const int parties = 4, rounds = 3;
        await using var other = one.Cluster.Connect();
        var come = new int[rounds];
        var tasks = Enumerable.Range(0, parties).Select(p => Task.Run(async () =>
        {
            var barrier = (p % 2 == 0 ? _client : other).Coordination.Barrier(_name, parties);
            for (var round = 0; round < rounds; round++)
            {
                await Task.Delay(10 * p);
                Interlocked.Increment(ref come[round]);
                Assert.Equal(round, await barrier.SignalAndWaitAsync());
                Assert.Equal(parties, Volatile.Read(ref come[round]));
            }
        }));
        await Task.WhenAll(tasks).WaitAsync(ClusterUnderTest.Patience);
    }

    [Fact]
    public async Task Who_dies_or_gives_up_at_a_barrier_does_not_count()
    {
        var barrier = _client.Coordination.Barrier(_name, 2);
        await Assert.ThrowsAsync<TimeoutException>(() => barrier.SignalAndWaitAsync(TimeSpan.FromMilliseconds(200)));
        // Wherever the cancellation meets it: before, while or after it arrives.
        foreach (var after in (int[])[0, 1, 2, 4, 8, 16, 32, 200])
        {
            using var cancel = new CancellationTokenSource();
            var given = barrier.SignalAndWaitAsync(cancellationToken: cancel.Token);
            await Task.Delay(after);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
            await ClusterUnderTest.EventuallyAsync(async () => (await _client.Keys.GetStringAsync($"barriers/{_name}"))?.Contains('\n', StringComparison.Ordinal) is not true, "who gave up counts still");
        }
        await using var unlucky = one.Cluster.Connect();
        var dying = unlucky.Coordination.Barrier(_name, 2).SignalAndWaitAsync();
        await ClusterUnderTest.EventuallyAsync(async () => (await _client.Keys.GetStringAsync($"barriers/{_name}"))?.Split('\n').Length == 2, "it does not arrive");
        await _client.Sessions.CloseAsync(await unlucky.Sessions.GetOwnIdAsync());

        var first = barrier.SignalAndWaitAsync();
        await Task.Delay(300);
        Assert.False(first.IsCompleted);
        Assert.Equal(0, await barrier.SignalAndWaitAsync().WaitAsync(ClusterUnderTest.Patience));
        Assert.Equal(0, await first.WaitAsync(ClusterUnderTest.Patience));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => _client.Coordination.Barrier(_name, 3).SignalAndWaitAsync());
        // The dead one hears of a round that was passed, and that it was not counted.
        await Assert.ThrowsAsync<SessionExpiredException>(() => dying.WaitAsync(ClusterUnderTest.Patience));
    }

    [Fact]
    public async Task A_latch_opens_when_it_was_counted_down_and_not_before()
    {
        const int count = 10;
        await using var other = one.Cluster.Connect();
        var latch = _client.Coordination.CountDownLatch(_name, count);
        var waiting = Enumerable.Range(0, 3).Select(_ => other.Coordination.CountDownLatch(_name, count).WaitAsync()).ToArray();
        await Assert.ThrowsAsync<TimeoutException>(() => latch.WaitAsync(TimeSpan.FromMilliseconds(100)));
        Assert.Equal(count, await latch.GetAsync());

        var left = await Task.WhenAll(Enumerable.Range(0, count - 1).Select(_ => latch.CountDownAsync()));
        Assert.Equal(Enumerable.Range(1, count - 1).Select(i => (long)i), left.Order());
        await Task.Delay(200);
        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        Assert.Equal(0, await latch.CountDownAsync());

        await Task.WhenAll(waiting).WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(0, await latch.CountDownAsync());
        await latch.WaitAsync();
        await latch.ResetAsync();
        Assert.Equal(count, await latch.GetAsync());
    }

    [Fact]
    public async Task A_fenced_counter_counts_each_add_once_and_none_of_a_holder_that_is_none_any_more()
    {
        var counter = _client.Coordination.Counter($"counters/{_name}");
        await using var held = await _client.Locks.AcquireAsync(_name);
        var values = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => counter.AddAsync(1, held)));
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), values.Order());

        await _client.Locks.ForceReleaseAsync(_name, "test");
        await using var next = await _client.Locks.AcquireAsync(_name);
        await Assert.ThrowsAsync<FenceStaleException>(() => counter.AddAsync(1, held));
        await Assert.ThrowsAsync<FenceStaleException>(() => counter.SetAsync(0, held));
        Assert.True(held.IsLost);
        Assert.Equal(15, await counter.AddAsync(-5, next));
        await counter.SetAsync(long.MaxValue);
        await Assert.ThrowsAsync<TransactionAbortedException>(() => counter.AddAsync(1));
        Assert.Equal(long.MaxValue, await counter.GetAsync());
    }
}
