using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.ClientApi.Transactions;

namespace AkkaHa.ClientApi;

/// <summary>Strictly serializable transactions over any keys and locks, wherever they live.</summary>
public sealed class TransactionClient
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    // Too slow; or its coordinator died, either before it had begun it durably or before it had decided it.
    private static readonly string[] WorthAnother = ["deadline", "recovery", "never started"];

    private readonly KeyClient _keys;
    private readonly RequestIds _ids;
    private readonly SessionSource _sessions;
    private readonly AkkaHaClientOptions _options;
    private readonly TransactionCalls _calls;

    internal TransactionClient(CallRepeater calls, KeyClient keys, RequestIds ids, SessionSource sessions, AkkaHaClientOptions options)
    {
        _keys = keys;
        _ids = ids;
        _sessions = sessions;
        _options = options;
        _calls = new TransactionCalls(calls);
    }

    /// <summary>
    /// Runs <paramref name="body"/> and commits what it did; durable when this returns. If something that it read has changed meanwhile, or the
    /// transaction was aborted by its deadline or a failover (which changes nothing), the body runs again with a fresh transaction, up to
    /// <see cref="AkkaHaClientOptions.TransactionTries"/> times in all: it must do nothing outside the transaction. An exception from the body
    /// passes through and leaves nothing behind. A body that only reads is checked too: all it read was true at one moment.
    /// Running again gives it no precedence: one that reads many keys which others change all the time may lose every time. <see cref="Transaction.Add"/> needs no read; or take a lock.
    /// </summary>
    /// <param name="body">What it does.</param>
    /// <param name="cancellationToken">Gives it up. While the body runs, nothing was changed then; during the commit, it may have been committed: keep <see cref="Transaction.Id"/>, and <see cref="ResolveAsync"/> with it makes it certain.</param>
    /// <exception cref="TransactionConflictException">Others were in the way every time. Nothing was changed.</exception>
    /// <exception cref="FenceStaleException">A required lock is not held any more. Nothing was changed.</exception>
    /// <exception cref="SessionExpiredException">A session that a key was to be bound to has ended. Nothing was changed.</exception>
    /// <exception cref="TransactionAbortedException">It can't be done (overflow), somebody resolved it away, or it was too slow every time. Nothing was changed.</exception>
    /// <exception cref="UnavailableException">Nothing was changed.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not; <see cref="ResolveAsync"/> with its <see cref="OutcomeUnknownException.RequestId"/> makes it certain.</exception>
    public Task RunAsync(Func<Transaction, Task> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return RunAsync<object?>(
            async tx =>
            {
                await body(tx);
                return null;
            },
            cancellationToken);
    }

    /// <summary>As <see cref="RunAsync(Func{Transaction, Task}, CancellationToken)"/>, and gives what the run that was committed returned.</summary>
    /// <inheritdoc cref="RunAsync(Func{Transaction, Task}, CancellationToken)" path="/*[not(self::summary)]"/>
    public async Task<T> RunAsync<T>(Func<Transaction, Task<T>> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        var backoff = new Backoff(FirstPause, LongestPause);
        for (var tries = 1; ; tries++)
        {
            var transaction = new Transaction(await _ids.NewMutationAsync(cancellationToken), _keys, _sessions, _calls, _options.TransactionDeadline);
            try
            {
                var result = await body(transaction);
                try
                {
                    await transaction.SendAsync(cancellationToken);
                    return result;
                }
                catch (AkkaHaException e) when (tries < _options.TransactionTries && IsWorthAnother(e))
                {
                    // It certainly changed nothing.
                }
            }
            finally
            {
                transaction.End();
            }
            await Task.Delay(backoff.Next(), _options.TimeProvider, cancellationToken);
        }
    }

    /// <summary>Begins a transaction that you commit yourself. Nothing of it reaches a server before the commit, except its reads.</summary>
    public async Task<OpenTransaction> BeginAsync(CancellationToken cancellationToken = default) =>
        new(await _ids.NewMutationAsync(cancellationToken), _keys, _sessions, _calls, _options.TransactionDeadline);

    /// <summary>
    /// Sends a transaction as it is. Durable when this returns, whichever branch ran: conditions that don't hold are no error, see
    /// <see cref="TransactionResult.ConditionsHeld"/>.
    /// </summary>
    /// <param name="transaction">Conditions and both branches.</param>
    /// <param name="id">
    /// Its id, when you want to know it beforehand or send it again later: the same id with the same content is the same transaction, and an abort of it is final. Left out: a
    /// fresh one, and another when that was aborted by others in its way, its deadline or a failover, up to <see cref="AkkaHaClientOptions.TransactionTries"/> in all. What only reads keys is not recorded then, and so unknown to <see cref="GetOutcomeAsync"/>.
    /// </param>
    /// <param name="cancellationToken">Gives the call up; what became of the transaction is not known then.</param>
    /// <exception cref="TransactionAbortedException">Aborted for good. Nothing was changed.</exception>
    /// <exception cref="UnavailableException">It was not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not; <see cref="ResolveAsync"/> makes it certain.</exception>
    /// <exception cref="InvalidArgumentException">It is malformed or too large, or the id stands for another content.</exception>
    public async Task<TransactionResult> SubmitAsync(TransactionBuilder transaction, TransactionId? id = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (id is { } given)
        {
            Require.Id("transactionId", given.Text);
            return await SubmitOnceAsync(transaction, new Mutation(given.Text), cancellationToken);
        }
        var backoff = new Backoff(FirstPause, LongestPause);
        for (var tries = 1; ; tries++)
        {
            try
            {
                var mutation = await _ids.NewTransactionAsync(transaction.FirstParticipant, "", cancellationToken);
                return await _calls.RunAsync(TransactionCalls.WithoutRows(transaction.ToRequest(new TransactionId(mutation.Id), _options.TransactionDeadline)), mutation, cancellationToken);
            }
            catch (AkkaHaException e) when (tries < _options.TransactionTries && IsWorthAnother(e))
            {
                // It certainly changed nothing.
            }
            await Task.Delay(backoff.Next(), _options.TimeProvider, cancellationToken);
        }
    }

    private Task<TransactionResult> SubmitOnceAsync(TransactionBuilder transaction, Mutation mutation, CancellationToken cancel) =>
        _calls.RunAsync(transaction.ToRequest(new TransactionId(mutation.Id), _options.TransactionDeadline), mutation, cancel);

    /// <summary>A fresh id, for <see cref="SubmitAsync"/>: keep it before you send, and you can ask after a crash what became of it.</summary>
    public async Task<TransactionId> NewIdAsync(CancellationToken cancellationToken = default) => new(await _ids.NewAsync(cancellationToken));

    /// <summary>What became of a transaction; known for 24 hours. Asking changes nothing, so one that is still on its way may happen after <see cref="TransactionOutcome.Unknown"/>.</summary>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    public Task<TransactionOutcome> GetOutcomeAsync(TransactionId id, CancellationToken cancellationToken = default) => _calls.GetAsync(id, cancellationToken);

    /// <summary>As <see cref="GetOutcomeAsync"/>, but a transaction never heard of is aborted for good, so that the answer is certain.</summary>
    /// <exception cref="UnavailableException">Nothing was changed.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer; ask again.</exception>
    public Task<TransactionOutcome> ResolveAsync(TransactionId id, CancellationToken cancellationToken = default) => _calls.ResolveAsync(id, "", giveUp: false, cancellationToken);

    /// <summary>
    /// For operators: decides a transaction that waits for a participant which can't be recovered. Its rows in the journal say what it would have answered, so the outcome is the one that there is, at whatever
    /// moment this is called: <see cref="TransactionOutcome.InProgress"/> where others are waited for as well.
    /// </summary>
    /// <param name="id">Which transaction.</param>
    /// <param name="participant">As in <see cref="UnsettledTransaction.WaitingFor"/>.</param>
    /// <param name="giveUp">
    /// Where not even its rows can be read: all others drop the transaction. Whether it was committed, and somebody told so, is not known then, and its outcome is <see cref="TransactionOutcome.Unknown"/> for good.
    /// </param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="InvalidArgumentException">It takes no part, or has answered; or its rows can't be read, and <paramref name="giveUp"/> is false. Nothing was changed.</exception>
    /// <exception cref="NotFoundException">There is no such transaction. Nothing was changed.</exception>
    /// <exception cref="UnavailableException">Nothing was changed: the journal can't be read now, or the transaction is decided by its deadline, without help.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer; ask again.</exception>
    public Task<TransactionOutcome> ResolveWithoutAsync(TransactionId id, string participant, bool giveUp = false, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrEmpty(participant)) throw new InvalidArgumentException("without must name a participant");
        return _calls.ResolveAsync(id, participant, giveUp, cancellationToken);
    }

    /// <summary>
    /// Transactions that are not settled, the oldest first, whoever began them: begun and not decided, or decided and not yet known to every participant. One that stays here for
    /// longer than its deadline waits for a participant that does not answer.
    /// </summary>
    /// <param name="limit">How many at most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="UnavailableException">Not all of the cluster could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad limit.</exception>
    public Task<UnsettledTransactions> ListOpenAsync(int limit = 100, CancellationToken cancellationToken = default) => _calls.ListAsync(limit, cancellationToken);

    /// <summary>Overflow would happen again, and whoever resolved a transaction meant it; the deadline or a failover may spare the next.</summary>
    internal static bool IsWorthAnother(AkkaHaException e) => e switch
    {
        TransactionConflictException => true,
        TransactionAbortedException aborted => WorthAnother.Contains(aborted.Reason, StringComparer.Ordinal),
        _ => false,
    };
}
