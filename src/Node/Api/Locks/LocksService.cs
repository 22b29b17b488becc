using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Http;
using Grpc.Core;

namespace AkkaHa.Node.Api.Locks;

/// <summary>
/// Locks over gRPC and HTTP. A gRPC call that is cancelled while it waits takes its attempt back, and so does a lost HTTP connection when its
/// request has no id of its own: nobody can ask for it again. With an id, the place or the grant waits for the repeat. For the same reason a request without an id leaves nothing behind when
/// its time is over or its outcome is not known.
/// </summary>
internal sealed class LocksService(EntityCalls calls, TakeBacks takeBacks, ILockLists lists, ILockWatches watches, TimeProvider time) : Messages.V1.Locks.LocksBase
{
    public override async Task<LockGrant> Acquire(AcquireLockRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(LockValidation.Check(request, calls.Shards));
        var hasId = request.RequestId.Length > 0;
        var mayComeAgain = hasId && !Transport.IsGrpc(context.GetHttpContext());
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        if (request.HolderId.Length == 0) request.HolderId = request.RequestId;
        // Left out is the same as 1 of 1, and a repeat may say it either way.
        (request.Permits, request.Limit) = request.Mode == LockMode.Semaphore ? (Math.Max(1, request.Permits), Math.Max(1, request.Limit)) : (0, 0);
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, AcquireLock = request };
        try
        {
            var reply = await calls.AskAsync(EntityId.Lock(request.Name), command, ApiTimes.AskAfter(request.WaitSeconds), context.CancellationToken);
            return EntityCalls.Expect(reply.LockGrant, reply);
        }
        catch (RefusedException e) when (!hasId && TakeBacks.MayLeaveSomething(e, request.WaitSeconds))
        {
            TakeBack(request.Name, request.SessionId, request.RequestId, request.Attempt);
            throw;
        }
        finally
        {
            // Also when the grant came at the same moment: nobody is there to be told of it.
            if (context.CancellationToken.IsCancellationRequested && !mayComeAgain) TakeBack(request.Name, request.SessionId, request.RequestId, request.Attempt);
        }
    }

    /// <summary>A cancelled call takes its place back. An upgrade that came at the same moment stays: the same request again tells its fence.</summary>
    public override async Task<LockGrant> Upgrade(UpgradeLockRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(LockValidation.Check(request, calls.Shards));
        var hasId = request.RequestId.Length > 0;
        var mayComeAgain = hasId && !Transport.IsGrpc(context.GetHttpContext());
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, UpgradeLock = request };
        try
        {
            var reply = await calls.AskAsync(EntityId.Lock(request.Name), command, ApiTimes.AskAfter(request.WaitSeconds), context.CancellationToken);
            return EntityCalls.Expect(reply.LockGrant, reply);
        }
        catch (RefusedException e) when (!hasId && TakeBacks.MayLeaveSomething(e, request.WaitSeconds))
        {
            TakeBack(request.Name, request.SessionId, request.RequestId, request.Attempt);
            throw;
        }
        finally
        {
            if (context.CancellationToken.IsCancellationRequested && !mayComeAgain) TakeBack(request.Name, request.SessionId, request.RequestId, request.Attempt);
        }
    }

    public override async Task<ForceReleaseLockResponse> ForceRelease(ForceReleaseLockRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(LockValidation.Check(request));
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, ForceReleaseLock = request };
        var reply = await calls.AskAsync(EntityId.Lock(request.Name), command, context.CancellationToken);
        return EntityCalls.Expect(reply.ForceReleaseLock, reply);
    }

    public override async Task<ReleaseLockResponse> Release(ReleaseLockRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(LockValidation.Check(request, calls.Shards));
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, ReleaseLock = request };
        var reply = await calls.AskAsync(EntityId.Lock(request.Name), command, context.CancellationToken);
        return EntityCalls.Expect(reply.ReleaseLock, reply);
    }

    public override async Task<CancelLockResponse> Cancel(CancelLockRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(LockValidation.Check(request, calls.Shards));
        var reply = await calls.AskAsync(EntityId.Lock(request.Name), CancelCommand(request), context.CancellationToken);
        return EntityCalls.Expect(reply.CancelLock, reply);
    }

    public override async Task<LockState> Get(GetLockRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(LockValidation.Check(request));
        var reply = await calls.AskAsync(EntityId.Lock(request.Name), new Command { GetLock = request }, context.CancellationToken);
        return EntityCalls.Expect(reply.Lock, reply);
    }

    public override Task<AcquireAllLocksResponse> AcquireAll(AcquireAllLocksRequest request, ServerCallContext context) => MultiLockCalls.AcquireAllAsync(calls, takeBacks, request, context);

    public override Task<CancelAllLocksResponse> CancelAll(CancelAllLocksRequest request, ServerCallContext context) => MultiLockCalls.CancelAllAsync(calls, request, context);

    public override Task<ListLocksResponse> List(ListLocksRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(LockValidation.Check(request));
        return lists.ListAsync(request, context.CancellationToken);
    }

    public override async Task Watch(WatchLocksRequest request, IServerStreamWriter<LockEvent> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        ILockEventSink sink = Transport.IsGrpc(http) ? new GrpcLockEventSink(responseStream) : new HttpLockEventSink(http);
        if (sink is HttpLockEventSink && HttpEventStream.LastEventId(http) is { } last) request.From = last;
        Refusals.ThrowIf(LockValidation.Check(request));
        var ct = context.CancellationToken;
        var cutOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var lastSend = new LastSend(cutOff.Task, time, http.Abort);
        try
        {
            await foreach (var events in watches.WatchAsync(request, cutOff, ct)) await lastSend.WaitAsync(new ValueTask(sink.WriteAsync(events, ct)));
        }
        catch (RefusedException e)
        {
            if (!await lastSend.EndAsync(sink.TryEndAsync(e.Failure, ct))) throw;
        }
    }

    private void TakeBack(string name, string sessionId, string requestId, uint attempt) =>
        takeBacks.Begin(EntityId.Lock(name), CancelCommand(new CancelLockRequest { Name = name, SessionId = sessionId, RequestId = requestId, OnlyAttemptsTo = attempt }));

    // Without a request id of its own: the id inside is the acquire's, whose remembered outcome must not answer the cancel.
    private static Command CancelCommand(CancelLockRequest request) => new() { CancelLock = request };
}
