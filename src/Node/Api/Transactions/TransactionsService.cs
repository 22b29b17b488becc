using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>Transactions over gRPC and HTTP. The transaction's id is what makes a repeat the same; it needs no request id.</summary>
internal sealed class TransactionsService(EntityCalls calls) : Messages.V1.Transactions.TransactionsBase
{
    public override async Task<TransactionResult> Run(TransactionRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(TransactionValidation.Check(request, calls.Shards));
        if (SnapshotRead.IsFor(request) && await SnapshotReads.TryAsync(calls, request, context.CancellationToken) is { } read) return read;
        request.TransactionId = RequestIds.OrNew(request.TransactionId);
        if (!request.HasDeadlineSeconds) request.DeadlineSeconds = Limits.TransactionDeadlineDefaultSeconds;
        var command = new Command { Attempt = RequestIds.Attempt(request.Attempt), RunTransaction = request };
        var timeout = ApiTimes.AskAfter(request.DeadlineSeconds);
        var reply = await calls.AskAsync(calls.Shards.TransactionSlotOf(request.TransactionId), command, timeout, context.CancellationToken);
        return EntityCalls.Expect(reply.Transaction, reply);
    }

    public override async Task<TransactionStatus> Get(GetTransactionRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(TransactionValidation.Check(request));
        var command = new Command { GetTransaction = request };
        var reply = await calls.AskAsync(calls.Shards.TransactionSlotOf(request.TransactionId), command, context.CancellationToken);
        return EntityCalls.Expect(reply.TransactionStatus, reply);
    }

    public override Task<ListTransactionsResponse> List(ListTransactionsRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(TransactionValidation.Check(request));
        return OpenTransactionsQuery.RunAsync(calls, request.HasLimit ? request.Limit : Limits.ListPageDefault, context.CancellationToken);
    }

    public override async Task<TransactionStatus> Resolve(ResolveTransactionRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(TransactionValidation.Check(request));
        var command = new Command { Attempt = RequestIds.Attempt(request.Attempt), ResolveTransaction = request };
        var reply = await calls.AskAsync(calls.Shards.TransactionSlotOf(request.TransactionId), command, context.CancellationToken);
        return EntityCalls.Expect(reply.TransactionStatus, reply);
    }
}
