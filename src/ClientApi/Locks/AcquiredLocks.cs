using AkkaHa.ClientApi.Locks;

namespace AkkaHa.ClientApi;

/// <summary>Several locks that were granted together. Dispose it to release all of them. Each of them can be used as a guard of its own.</summary>
public sealed class AcquiredLocks : IAsyncDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private readonly Dictionary<string, AcquiredLock> _byName;
    private int _released;

    internal AcquiredLocks(IReadOnlyList<AcquiredLock> locks)
    {
        Locks = locks;
        _byName = locks.ToDictionary(l => l.Name, StringComparer.Ordinal);
        LostToken = _lost.Token;
        foreach (var one in locks) one.TakesAlong(_lost);
    }

    /// <summary>The locks, in the order in which they were asked for.</summary>
    public IReadOnlyList<AcquiredLock> Locks { get; }

    /// <summary>The fences as they are now, by the lock's name: an upgrade changes one.</summary>
    public IReadOnlyDictionary<string, Fence> Fences => Locks.ToDictionary(l => l.Name, l => l.Fence, StringComparer.Ordinal);

    /// <summary>One of them, by its name.</summary>
    public AcquiredLock this[string name] => _byName[name];

    /// <summary>Cancelled when one of them can't be relied on any more: see <see cref="AcquiredLock.LostToken"/>.</summary>
    public CancellationToken LostToken { get; }

    /// <summary>Whether one of them is lost, by the clock: see <see cref="AcquiredLock.IsLost"/>.</summary>
    public bool IsLost => LostToken.IsCancellationRequested || Locks.Any(l => l.IsLost);

    /// <summary>Gives all of them back; that one is not held any more is no error. As <see cref="AcquiredLock.DisposeAsync"/>; does not throw.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0) return;
        await Task.WhenAll(Locks.Select(l => l.DisposeAsync().AsTask()));
    }
}
