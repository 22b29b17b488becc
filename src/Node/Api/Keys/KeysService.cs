using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Http;
using Grpc.Core;

namespace AkkaHa.Node.Api.Keys;

/// <summary>Keys over gRPC and HTTP. A put or delete that rests on a lock or a session is a transaction over both; see <see cref="GuardedWrite"/>.</summary>
internal sealed class KeysService(EntityCalls calls, IKeyLists lists, IKeyWatches watches, TimeProvider time) : Messages.V1.Keys.KeysBase
{
    public override async Task<KeyValue> Get(GetKeyRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(KeyValidation.Check(request));
        var reply = await calls.AskAsync(EntityId.Key(request.Key), new Command { GetKey = request }, context.CancellationToken);
        return EntityCalls.Expect(reply.KeyValue, reply);
    }

    public override async Task<PutKeyResponse> Put(PutKeyRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(KeyValidation.Check(request, calls.Shards));
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        if (request.HasLock || request.HasSessionId)
        {
            var result = await GuardedAsync(GuardedWrite.Of(request), request.Attempt, context);
            return new PutKeyResponse { Key = request.Key, Revision = result.Revision };
        }
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, PutKey = request };
        var reply = await calls.AskAsync(EntityId.Key(request.Key), command, context.CancellationToken);
        return EntityCalls.Expect(reply.PutKey, reply);
    }

    public override async Task<DeleteKeyResponse> Delete(DeleteKeyRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(KeyValidation.Check(request));
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        if (request.HasLock)
        {
            var result = await GuardedAsync(GuardedWrite.Of(request), request.Attempt, context);
            return new DeleteKeyResponse { Key = request.Key, Revision = result.Revision, Deleted = result.Deleted };
        }
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, DeleteKey = request };
        var reply = await calls.AskAsync(EntityId.Key(request.Key), command, context.CancellationToken);
        return EntityCalls.Expect(reply.DeleteKey, reply);
    }

    public override Task<ListKeysResponse> List(ListKeysRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(KeyValidation.Check(request));
        return lists.ListAsync(request, context.CancellationToken);
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchEvent> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        IWatchSink sink = Transport.IsGrpc(http) ? new GrpcWatchSink(responseStream, http) : new HttpWatchSink(http);
        if (sink is HttpWatchSink && HttpEventStream.LastEventId(http) is { } from) request.From = from;
        Refusals.ThrowIf(KeyValidation.Check(request));
        var ct = context.CancellationToken;
        using var watch = await watches.OpenAsync(request, ct);
        var last = new LastSend(watch.CutOff, time, http.Abort);
        try
        {
            while (true)
            {
                await watch.WaitAsync(ct);
                watch.TryTake(out var item);
                while (item is not null)
                {
                    watch.TryTake(out var next);
                    await last.WaitAsync(sink.WriteAsync(item, moreFollows: next is not null, ct));
                    item = next;
                }
            }
        }
        catch (RefusedException e)
        {
            if (!await last.EndAsync(sink.TryEndAsync(e.Failure, ct))) throw;
        }
    }

    private async Task<OperationResult> GuardedAsync(TransactionRequest transaction, uint attempt, ServerCallContext context)
    {
        var entity = calls.Shards.TransactionSlotOf(transaction.TransactionId);
        var command = new Command { Attempt = attempt, RunTransaction = transaction };
        var reply = await calls.AskAsync(entity, command, ApiTimes.AskAfter(transaction.DeadlineSeconds), context.CancellationToken);
        return GuardedWrite.ResultOf(transaction, EntityCalls.Expect(reply.Transaction, reply));
    }
}
