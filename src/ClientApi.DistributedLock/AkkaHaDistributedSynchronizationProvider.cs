using Medallion.Threading;

namespace AkkaHa.ClientApi;

/// <summary>
/// Makes AkkaHa's locks, reader-writer locks and semaphores for who knows only DistributedLock.Core: register it instead of another. One thing is stricter than with some others: one name is one lock. While a name is in use as
/// a lock, an acquire of a semaphore of the same name throws <see cref="InvalidArgumentException"/>, and the other way round; so does one whose <c>maxCount</c> is not that of those who hold or wait, as when it is changed while old
/// and new processes run together. Let a semaphore with another <c>maxCount</c> have another name.
/// </summary>
/// <param name="client">The client whose session all of them hang on.</param>
public sealed class AkkaHaDistributedSynchronizationProvider(AkkaHaClient client) : IDistributedLockProvider, IDistributedUpgradeableReaderWriterLockProvider, IDistributedSemaphoreProvider
{
    private readonly AkkaHaClient _client = client ?? throw new ArgumentNullException(nameof(client));

    /// <summary>A lock of any name.</summary>
    public AkkaHaDistributedLock CreateLock(string name) => new(name, _client);

    /// <summary>A reader-writer lock of any name.</summary>
    public AkkaHaDistributedReaderWriterLock CreateReaderWriterLock(string name) => new(name, _client);

    /// <summary>A semaphore of any name.</summary>
    public AkkaHaDistributedSemaphore CreateSemaphore(string name, int maxCount) => new(name, maxCount, _client);

    IDistributedLock IDistributedLockProvider.CreateLock(string name) => CreateLock(name);

    IDistributedReaderWriterLock IDistributedReaderWriterLockProvider.CreateReaderWriterLock(string name) => CreateReaderWriterLock(name);

    IDistributedUpgradeableReaderWriterLock IDistributedUpgradeableReaderWriterLockProvider.CreateUpgradeableReaderWriterLock(string name) => CreateReaderWriterLock(name);

    IDistributedSemaphore IDistributedSemaphoreProvider.CreateSemaphore(string name, int maxCount) => CreateSemaphore(name, maxCount);
}
