using AkkaHa.ClientApi;
using Medallion.Threading;

namespace AkkaHa.Cluster.Tests.DistributedLock;

/// <summary>The ways in which a provider excludes all but one: what holds for a lock must hold for each of them.</summary>
public enum MutexKind
{
    Lock,
    WriteLock,
    UpgradeableReadLock,
    SemaphoreOfOne,

    /// <summary>Of five, four of which are taken.</summary>
    SemaphoreOfFive,
}

/// <summary>Any of them as a lock.</summary>
internal sealed class Mutex(string name, Func<TimeSpan, CancellationToken, IDistributedSynchronizationHandle?> tryAcquire, Func<TimeSpan?, CancellationToken, IDistributedSynchronizationHandle> acquire,
    Func<TimeSpan, CancellationToken, ValueTask<IDistributedSynchronizationHandle?>> tryAcquireAsync, Func<TimeSpan?, CancellationToken, ValueTask<IDistributedSynchronizationHandle>> acquireAsync) : IDistributedLock
{
    public string Name => name;

    public static IDistributedLock Of(MutexKind kind, string name, AkkaHaClient client)
    {
        var provider = new AkkaHaDistributedSynchronizationProvider(client);
        return kind switch
        {
            MutexKind.Lock => provider.CreateLock(name),
            MutexKind.WriteLock => Writing(provider.CreateReaderWriterLock(name)),
            MutexKind.UpgradeableReadLock => Upgradeable(provider.CreateReaderWriterLock(name)),
            MutexKind.SemaphoreOfOne => Ticket(provider.CreateSemaphore(name, 1)),
            _ => LastTicket(provider.CreateSemaphore(name, 5)),
        };
    }

    public IDistributedSynchronizationHandle? TryAcquire(TimeSpan timeout = default, CancellationToken cancellationToken = default) => tryAcquire(timeout, cancellationToken);

    public IDistributedSynchronizationHandle Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => acquire(timeout, cancellationToken);

    public ValueTask<IDistributedSynchronizationHandle?> TryAcquireAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default) => tryAcquireAsync(timeout, cancellationToken);

    public ValueTask<IDistributedSynchronizationHandle> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => acquireAsync(timeout, cancellationToken);

    private static Mutex Writing(IDistributedReaderWriterLock l) => new(l.Name, l.TryAcquireWriteLock, l.AcquireWriteLock, l.TryAcquireWriteLockAsync, l.AcquireWriteLockAsync);

    private static Mutex Upgradeable(IDistributedUpgradeableReaderWriterLock l) => new(
        l.Name, l.TryAcquireUpgradeableReadLock, l.AcquireUpgradeableReadLock,
        async (timeout, cancel) => await l.TryAcquireUpgradeableReadLockAsync(timeout, cancel), async (timeout, cancel) => await l.AcquireUpgradeableReadLockAsync(timeout, cancel));

    private static Mutex Ticket(IDistributedSemaphore s) => new(s.Name, s.TryAcquire, s.Acquire, s.TryAcquireAsync, s.AcquireAsync);

    private static Mutex LastTicket(IDistributedSemaphore s)
    {
        // They stay taken until the client goes; whoever comes second finds only the last.
        lock (Rest)
        {
            if (!Rest.TryGetValue(s.Name, out _)) Rest[s.Name] = [.. Enumerable.Range(0, s.MaxCount - 1).Select(_ => s.Acquire())];
        }
        return Ticket(s);
    }

    private static readonly Dictionary<string, IReadOnlyList<IDistributedSynchronizationHandle>> Rest = new(StringComparer.Ordinal);
}
