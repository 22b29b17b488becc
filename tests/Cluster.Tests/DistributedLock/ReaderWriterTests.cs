using AkkaHa.ClientApi;
using Medallion.Threading;
using Xunit;

namespace AkkaHa.Cluster.Tests.DistributedLock;

/// <summary>What DistributedLock.Core promises of reader-writer locks and semaphores, on a real node.</summary>
public sealed class ReaderWriterTests(OneNode one) : IClassFixture<OneNode>, IAsyncLifetime
{
    private readonly AkkaHaClient _client = one.Cluster.Connect();
    private readonly string _name = $"rw/{Guid.NewGuid():N}";

    private IDistributedUpgradeableReaderWriterLock Lock => new AkkaHaDistributedReaderWriterLock(_name, _client);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _client.DisposeAsync().AsTask();

    [Fact]
    public async Task Readers_share_and_a_writer_is_alone()
    {
        using var first = await Lock.TryAcquireReadLockAsync();
        using var second = Lock.TryAcquireReadLock();
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(Lock.TryAcquireWriteLock());

        var writing = Lock.AcquireWriteLockAsync().AsTask();
        await Task.Delay(100);
        first.Dispose();
        Assert.False(writing.IsCompleted);
        second.Dispose();
        using var writer = await writing.WaitAsync(ClusterUnderTest.Patience);
        Assert.Null(Lock.TryAcquireWriteLock());
        Assert.Null(Lock.TryAcquireReadLock());
        writer.Dispose();
        using var last = Lock.TryAcquireWriteLock();
        Assert.NotNull(last);
    }

    [Fact]
    public async Task A_writer_that_waits_holds_back_readers_that_come_later()
    {
        await using var reader = await Lock.AcquireReadLockAsync();
        var writing = Lock.AcquireWriteLockAsync().AsTask();
        await ClusterUnderTest.EventuallyAsync(async () => (await _client.Locks.GetAsync(_name)).Waiters.Count == 1, "the writer does not wait");
        Assert.Null(await Lock.TryAcquireReadLockAsync());
        await reader.DisposeAsync();
        await (await writing.WaitAsync(ClusterUnderTest.Patience)).DisposeAsync();
    }

    [Fact]
    public async Task One_reader_can_be_upgradeable_and_becomes_the_writer_when_the_others_are_gone()
    {
        using var reader = Lock.AcquireReadLock();
        Task<IDistributedSynchronizationHandle> reading;
        using (var upgradeable = await Lock.AcquireUpgradeableReadLockAsync())
        {
            var before = upgradeable.GetFence();
            Assert.Null(Lock.TryAcquireUpgradeableReadLock());
            Assert.Null(Lock.TryAcquireWriteLock());
            using (var another = Lock.TryAcquireReadLock()) Assert.NotNull(another);
            Assert.False(upgradeable.TryUpgradeToWriteLock());
            Assert.Throws<TimeoutException>(() => upgradeable.UpgradeToWriteLock(TimeSpan.FromMilliseconds(100)));
            reader.Dispose();
            Assert.True(await upgradeable.TryUpgradeToWriteLockAsync());
            Assert.True(upgradeable.GetFence() > before);
            reading = Lock.AcquireReadLockAsync().AsTask();
            await Task.Delay(100);
            Assert.False(reading.IsCompleted);
        }
        (await reading.WaitAsync(ClusterUnderTest.Patience)).Dispose();
    }

    [Fact]
    public async Task An_upgrade_waits_for_readers_to_go()
    {
        var reader = Lock.AcquireReadLock();
        using var upgradeable = Lock.AcquireUpgradeableReadLock();
        var upgrading = upgradeable.UpgradeToWriteLockAsync().AsTask();
        await Task.Delay(100);
        Assert.False(upgrading.IsCompleted);
        reader.Dispose();
        await upgrading.WaitAsync(ClusterUnderTest.Patience);
        Assert.Null(Lock.TryAcquireReadLock());
    }

    [Fact]
    public async Task An_upgraded_handle_hears_of_its_loss_by_the_token_that_it_had_before()
    {
        await using var unlucky = one.Cluster.Connect();
        using var handle = await new AkkaHaDistributedReaderWriterLock(_name, unlucky).AcquireUpgradeableReadLockAsync();
        using var lost = new ManualResetEventSlim();
        using var registration = handle.HandleLostToken.Register(lost.Set);
        await handle.UpgradeToWriteLockAsync();
        Assert.False(lost.IsSet);
        await _client.Locks.ForceReleaseAsync(_name, "test");
        Assert.True(lost.Wait(ClusterUnderTest.Patience));
    }

    [Fact]
    public void What_can_not_be_upgraded_says_so()
    {
        var handle = Lock.AcquireUpgradeableReadLock();
        Assert.Throws<ArgumentOutOfRangeException>(() => handle.UpgradeToWriteLock(TimeSpan.FromSeconds(-2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = handle.TryUpgradeToWriteLockAsync(TimeSpan.FromSeconds(int.MaxValue)); });
        handle.UpgradeToWriteLock();
        Assert.Throws<InvalidOperationException>(() => handle.TryUpgradeToWriteLock());
        handle.Dispose();
        Assert.Throws<ObjectDisposedException>(() => handle.TryUpgradeToWriteLock());
        Assert.Throws<ObjectDisposedException>(() => { _ = handle.UpgradeToWriteLockAsync(); });
    }

    [Fact]
    public async Task A_semaphore_lets_in_as_many_as_it_says_and_no_more()
    {
        var inside = 0;
        var seen = new HashSet<int>();
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var semaphore = new AkkaHaDistributedSemaphore(_name, 3, _client);
            for (var i = 0; i < 5; i++)
            {
                await using var ticket = await semaphore.AcquireAsync();
                var now = Interlocked.Increment(ref inside);
                lock (seen) seen.Add(now);
                // Who is in waits until all that can be are, once.
                if (now == 3) full.TrySetResult();
                await Task.WhenAny(full.Task, Task.Delay(ClusterUnderTest.Patience / 3));
                await Task.Delay(20);
                Interlocked.Decrement(ref inside);
            }
        }))).WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal([1, 2, 3], seen.Order());
    }

    [Fact]
    public void A_semaphore_can_have_as_many_tickets_as_there_are_numbers_and_any_name()
    {
        var semaphore = new AkkaHaDistributedSemaphore($"s{new string('o', 1000)} many tickets!\n{_name}", int.MaxValue, _client);
        var tickets = Enumerable.Range(0, 30).Select(_ => semaphore.Acquire()).ToList();
        Assert.Equal(int.MaxValue, semaphore.MaxCount);
        tickets.ForEach(t => t.Dispose());
    }
}
