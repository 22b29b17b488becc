using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Medallion.Threading;
using Xunit;

namespace AkkaHa.ClientApi.Tests.DistributedLock;

/// <summary>What of the adapters needs no server. The rest is in Cluster.Tests, on a real one.</summary>
public sealed class AdapterTests
{
    private static readonly string[] Texts =
    [
        "", "a", "A", "orders/7", ".", "..", "/", "a//b", "a/../b", "abc\0", "\u001f\u009F\uf8ff\uffff1", @"\\\\\", "~", " ",
        new string('a', 1000), new string('a', 999) + "A", new string('\\', 1000), new string('é', 257), "\ud800", "\udfff", "\ud801",
    ];

    [Fact]
    public async Task Any_text_is_a_name_and_different_texts_are_different_locks()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var names = new List<string>();
        foreach (var text in Texts)
        {
            var wanted = new AkkaHaDistributedLock(text, client);
            await using var held = await wanted.AcquireAsync();
            names.Add(wanted.Name);
            // Who knows a lock by its safe name only must get the same.
            Assert.Equal(wanted.Name, new AkkaHaDistributedReaderWriterLock(wanted.Name, client).Name);
            Assert.Equal(wanted.Name, new AkkaHaDistributedSemaphore(wanted.Name, 1, client, exactName: true).Name);
        }
        Assert.Equal(Texts.Length, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(names, node.Seen<AcquireLockRequest>().Select(a => a.Name));
        Assert.Equal("orders/7", AkkaHaDistributedLock.GetSafeName("orders/7"));
    }

    [Fact]
    public void A_name_must_be_there_and_an_exact_one_valid()
    {
        var client = AkkaHaClient.Connect("http://127.0.0.1:1");
        Assert.Throws<ArgumentNullException>(() => new AkkaHaDistributedLock(null!, client));
        Assert.Throws<ArgumentNullException>(() => new AkkaHaDistributedReaderWriterLock(null!, client));
        Assert.Throws<ArgumentNullException>(() => new AkkaHaDistributedSemaphore(null!, 1, client));
        Assert.Throws<ArgumentNullException>(() => new AkkaHaDistributedLock("a", null!));
        Assert.Throws<FormatException>(() => new AkkaHaDistributedLock("a//b", client, exactName: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AkkaHaDistributedSemaphore("a", 0, client));
    }

    [Theory]
    [InlineData(-2000)]
    [InlineData(-1.0 * int.MaxValue)]
    [InlineData(1000.0 * int.MaxValue)]
    public void A_timeout_that_is_none_is_refused_at_once_by_each_call(double milliseconds)
    {
        var timeout = TimeSpan.FromMilliseconds(milliseconds);
        var client = AkkaHaClient.Connect("http://127.0.0.1:1");
        var mutex = new AkkaHaDistributedLock("a", client);
        var readers = new AkkaHaDistributedReaderWriterLock("a", client);
        var semaphore = new AkkaHaDistributedSemaphore("a", 1, client);
        Action[] calls =
        [
            () => mutex.Acquire(timeout), () => mutex.AcquireAsync(timeout), () => mutex.TryAcquire(timeout), () => mutex.TryAcquireAsync(timeout),
            () => readers.AcquireReadLock(timeout), () => readers.AcquireReadLockAsync(timeout), () => readers.TryAcquireReadLock(timeout), () => readers.TryAcquireReadLockAsync(timeout),
            () => readers.AcquireWriteLock(timeout), () => readers.AcquireWriteLockAsync(timeout), () => readers.TryAcquireWriteLock(timeout), () => readers.TryAcquireWriteLockAsync(timeout),
            () => readers.AcquireUpgradeableReadLock(timeout), () => readers.AcquireUpgradeableReadLockAsync(timeout), () => readers.TryAcquireUpgradeableReadLock(timeout), () => readers.TryAcquireUpgradeableReadLockAsync(timeout),
            () => semaphore.Acquire(timeout), () => semaphore.AcquireAsync(timeout), () => semaphore.TryAcquire(timeout), () => semaphore.TryAcquireAsync(timeout),
        ];
        Assert.All(calls, call => Assert.Throws<ArgumentOutOfRangeException>(call));
    }

    [Fact]
    public async Task A_deadlock_is_told_as_users_of_the_package_know_it()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<AcquireLockRequest>(ErrorCode.Deadlock);
        await using var client = TestClient.Connect(node);
        var told = await Assert.ThrowsAsync<Medallion.Threading.DeadlockException>(() => new AkkaHaDistributedLock("a", client).AcquireAsync().AsTask());
        Assert.IsType<DeadlockException>(told.InnerException);
    }

    [Fact]
    public async Task One_registration_gives_all_providers_over_the_one_client()
    {
        await using var services = new ServiceCollection().AddAkkaHa("http://127.0.0.1:1").AddAkkaHaDistributedLocks().BuildServiceProvider();
        var provider = services.GetRequiredService<AkkaHaDistributedSynchronizationProvider>();
        Assert.Same(provider, services.GetRequiredService<IDistributedLockProvider>());
        Assert.Same(provider, services.GetRequiredService<IDistributedReaderWriterLockProvider>());
        Assert.Same(provider, services.GetRequiredService<IDistributedUpgradeableReaderWriterLockProvider>());
        Assert.Same(provider, services.GetRequiredService<IDistributedSemaphoreProvider>());
        Assert.Equal(5, services.GetRequiredService<IDistributedSemaphoreProvider>().CreateSemaphore("a", 5).MaxCount);
    }
}
