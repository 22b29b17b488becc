using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.ClientApi.Transactions;

namespace AkkaHa.ClientApi;

/// <summary>A transaction that you commit yourself. Disposed without a commit, also by an exception, it leaves nothing behind.</summary>
public sealed class OpenTransaction : Transaction, IAsyncDisposable
{
    private bool _rolledBack;

    internal OpenTransaction(Mutation mutation, KeyClient keys, SessionSource sessions, TransactionCalls calls, TimeSpan deadline)
        : base(mutation, keys, sessions, calls, deadline)
    {
    }

    /// <summary>
    /// Makes all of it happen; durable when this returns. After an <see cref="OutcomeUnknownException"/>, an
    /// <see cref="UnavailableException"/> or a cancellation it may be called again: it is the same transaction and happens once.
    /// </summary>
    /// <exception cref="TransactionConflictException">Something that it read has changed since, or others were in its way. It changed nothing; begin another.</exception>
    /// <exception cref="FenceStaleException">A required lock is not held any more. It changed nothing.</exception>
    /// <exception cref="SessionExpiredException">A session that a key was to be bound to has ended. It changed nothing.</exception>
    /// <exception cref="TransactionAbortedException">Aborted for good: it could not be done, or not in time. It changed nothing.</exception>
    /// <exception cref="UnavailableException">It was not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not; <see cref="TransactionClient.ResolveAsync"/> makes it certain.</exception>
    /// <exception cref="InvalidArgumentException">It is too large.</exception>
    /// <exception cref="InvalidOperationException">It was rolled back.</exception>
    public Task<TransactionResult> CommitAsync(CancellationToken cancellationToken = default)
    {
        if (_rolledBack) ThrowIfOver();
        return SendAsync(cancellationToken);
    }

    /// <summary>Forgets all of it. Nothing is sent, since nothing but reads ever was. After a commit was begun it changes nothing.</summary>
    public Task RollbackAsync()
    {
        _rolledBack = true;
        End();
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="RollbackAsync"/>.</summary>
    public ValueTask DisposeAsync() => new(RollbackAsync());
}
