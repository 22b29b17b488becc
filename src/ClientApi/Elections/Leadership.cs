using System.Text;
using AkkaHa.ClientApi.Elections;

namespace AkkaHa.ClientApi;

/// <summary>
/// That this client leads. Dispose it to resign. Stop leading when <see cref="LostToken"/> is cancelled; and write under <see cref="Lock"/> as a guard, or hand <see cref="Fence"/> to what you order, so that
/// nothing is done in the name of a leader who has not noticed yet that it is none.
/// </summary>
public sealed class Leadership : IAsyncDisposable
{
    private static readonly TimeSpan ClearWithin = TimeSpan.FromSeconds(1);

    private readonly LeaderKey _key;
    private readonly TimeProvider _time;
    private int _over;

    internal Leadership(string election, AcquiredLock held, LeaderKey key, TimeProvider time)
    {
        Election = election;
        Lock = held;
        _key = key;
        _time = time;
    }

    /// <summary>In which election.</summary>
    public string Election { get; }

    /// <summary>The lock that it is: a guard for keys and transactions.</summary>
    public AcquiredLock Lock { get; }

    /// <summary>Its number, greater than that of every leadership before.</summary>
    public Fence Fence => Lock.Fence;

    /// <summary>Cancelled when it can't be relied on any more: see <see cref="AcquiredLock.LostToken"/>.</summary>
    public CancellationToken LostToken => Lock.LostToken;

    /// <summary>Whether it is lost, by the clock: see <see cref="AcquiredLock.IsLost"/>.</summary>
    public bool IsLost => Lock.IsLost;

    /// <summary>Shows observers another value, while it leads. Durable when this returns.</summary>
    /// <exception cref="FenceStaleException">It does not lead any more; nothing was proclaimed.</exception>
    /// <exception cref="SessionExpiredException">Likewise.</exception>
    /// <exception cref="UnavailableException">Not proclaimed.</exception>
    /// <exception cref="OutcomeUnknownException">Proclaimed or not.</exception>
    /// <exception cref="TransactionConflictException">Others were in its way for too long; nothing was proclaimed.</exception>
    /// <exception cref="TransactionAbortedException">It took too long, or a node died on the way; nothing was proclaimed.</exception>
    /// <exception cref="InvalidArgumentException">The value is too long.</exception>
    public Task ProclaimAsync(ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default) => _key.PutAsync(value, cancellationToken);

    /// <summary>Shows observers another text. Otherwise as <see cref="ProclaimAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    /// <inheritdoc cref="ProclaimAsync(ReadOnlyMemory{byte}, CancellationToken)" path="/exception"/>
    public Task ProclaimAsync(string value, CancellationToken cancellationToken = default) => ProclaimAsync(Encoding.UTF8.GetBytes(value), cancellationToken);

    /// <summary>Leads no more: the value goes, then the next is elected. Durable when this returns, and says whether it led until now.</summary>
    /// <exception cref="FenceStaleException">It had been lost before: another may have led meanwhile.</exception>
    /// <exception cref="SessionExpiredException">Likewise.</exception>
    /// <exception cref="UnavailableException">It still leads; disposing resigns as soon as a node answers.</exception>
    /// <exception cref="OutcomeUnknownException">It may still lead; disposing makes sure that it does not.</exception>
    /// <exception cref="TransactionConflictException">It still leads: others were in the way of taking its value away.</exception>
    /// <exception cref="TransactionAbortedException">It still leads: taking its value away took too long, or a node died on the way.</exception>
    public async Task ResignAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _over) != 0, this);
        await _key.DeleteAsync(cancellationToken);
        await Lock.ReleaseAsync(cancellationToken);
        Volatile.Write(ref _over, 1);
    }

    /// <summary>
    /// Leads no more; that it did not any more is no error. Its value goes, unless the next has overwritten it, and the lock is given back. As <see cref="AcquiredLock.DisposeAsync"/>; does not throw.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _over, 1) != 0) return;
        // A value that is still there afterwards is no leader's: GetLeaderAsync and ObserveAsync look whether the lock is held. It is taken away as soon as a node answers.
        await ClearAsync();
        await Lock.DisposeAsync();
        if (_key.IsInDoubt) await ClearAsync();
    }

    private async Task ClearAsync() => await _key.ClearAsync().WaitAsync(ClearWithin, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
