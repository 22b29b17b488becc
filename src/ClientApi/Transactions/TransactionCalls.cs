using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Transactions;

/// <summary>The calls of transactions. Its id with its content makes a repeat the same; the number of the attempt tells a server that refuses it that an earlier one may still be under way.</summary>
internal sealed class TransactionCalls(CallRepeater calls)
{
    // As with locks: a node answers within 5 s, if only that it can't.
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(6);

    /// <summary>
    /// One that only reads keys goes without an id: the servers then read all of them twice, and write nothing. Nobody needs to know later what became of it. Not answered in time, it is repeated under its id: as any
    /// other transaction it is then protected by its age, which grows with each attempt.
    /// </summary>
    public static Wire.TransactionRequest WithoutRows(Wire.TransactionRequest request)
    {
        if (TransactionContent.OnlyReadsKeys(request)) request.TransactionId = "";
        return request;
    }

    /// <summary>Sends it until it is decided.</summary>
    public async Task<TransactionResult> RunAsync(Wire.TransactionRequest request, Mutation mutation, CancellationToken cancel)
    {
        if (request.CalculateSize() is var size and > Limits.TransactionRequestBytes)
            throw new InvalidArgumentException($"the transaction has {size} bytes; the limit is {Limits.TransactionRequestBytes}");
        var onlyReads = request.TransactionId.Length == 0;
        // What has no id is done by whoever takes it: best by one who has one of its keys.
        var key = request.Conditions.FirstOrDefault()?.Key ?? request.Then.Concat(request.Else).FirstOrDefault()?.Get?.Key;
        var shard = !onlyReads ? CallShard.OfTransaction(request.TransactionId) : key is null ? _ => null : CallShard.Of(EntityId.Key(key));
        var call = new Call<Wire.TransactionResult>($"transaction {mutation.Id}", shard, (invoker, options, attempt) =>
            new Wire.Transactions.TransactionsClient(invoker).RunAsync(
                new Wire.TransactionRequest(request) { Attempt = attempt, TransactionId = onlyReads && mutation.InDoubt ? mutation.Id : request.TransactionId }, options))
        {
            Deadline = TimeSpan.FromSeconds(request.DeadlineSeconds > 0 ? request.DeadlineSeconds : Limits.TransactionDeadlineDefaultSeconds),
        };
        try
        {
            return ResultOf((await calls.MutateAsync(call, mutation, cancel)).Value, mutation.Id);
        }
        catch (OutcomeUnknownException e) when (onlyReads)
        {
            // Whatever became of it, it has changed nothing.
            throw new UnavailableException($"the keys could not be read as of one moment: {e.Message}", inner: e);
        }
    }

    public async Task<TransactionOutcome> GetAsync(TransactionId id, CancellationToken cancel)
    {
        Require.Id("transactionId", id.Text);
        var request = new Wire.GetTransactionRequest { TransactionId = id.Text };
        return Outcome((await calls.ReadAsync(
            new Call<Wire.TransactionStatus>($"get transaction {id}", CallShard.OfTransaction(id.Text), (invoker, call, _) => new Wire.Transactions.TransactionsClient(invoker).GetAsync(request, call)),
            cancel)).Value.Outcome);
    }

    public async Task<TransactionOutcome> ResolveAsync(TransactionId id, string without, bool giveUp, CancellationToken cancel)
    {
        Require.Id("transactionId", id.Text);
        var request = new Wire.ResolveTransactionRequest { TransactionId = id.Text, Without = without, GiveUp = giveUp };
        return Outcome((await calls.MutateAsync(
            new Call<Wire.TransactionStatus>($"resolve transaction {id}", CallShard.OfTransaction(id.Text), (invoker, call, _) => new Wire.Transactions.TransactionsClient(invoker).ResolveAsync(request, call)),
            new Mutation(id.Text),
            cancel)).Value.Outcome);
    }

    public async Task<UnsettledTransactions> ListAsync(int limit, CancellationToken cancel)
    {
        var request = new Wire.ListTransactionsRequest { Limit = limit };
        var list = (await calls.ReadAsync(
            new Call<Wire.ListTransactionsResponse>("list transactions", _ => null, (invoker, call, _) => new Wire.Transactions.TransactionsClient(invoker).ListAsync(request, call)) { LeastAttemptTimeout = NodePatience },
            cancel)).Value;
        return new UnsettledTransactions(
            [
                .. list.Transactions.Select(t => new UnsettledTransaction(
                    new TransactionId(t.TransactionId), Outcome(t.Outcome), TimeSpan.FromSeconds(t.AgeSeconds), t.Attempt, [.. t.Participants], [.. t.WaitingFor])),
            ],
            list.More);
    }

    private static TransactionResult ResultOf(Wire.TransactionResult result, string id) => result.Outcome switch
    {
        Wire.TransactionStatus.Types.Outcome.Committed => TransactionResult.From(result),
        Wire.TransactionStatus.Types.Outcome.Aborted => throw new TransactionAbortedException("aborted"),
        // In progress, unknown, or of a newer server: in doubt, never "aborted".
        _ => throw new OutcomeUnknownException($"transaction {id} was answered {result.Outcome}", id),
    };

    private static TransactionOutcome Outcome(Wire.TransactionStatus.Types.Outcome outcome) => outcome switch
    {
        Wire.TransactionStatus.Types.Outcome.InProgress => TransactionOutcome.InProgress,
        Wire.TransactionStatus.Types.Outcome.Committed => TransactionOutcome.Committed,
        Wire.TransactionStatus.Types.Outcome.Aborted => TransactionOutcome.Aborted,
        _ => TransactionOutcome.Unknown,
    };
}
