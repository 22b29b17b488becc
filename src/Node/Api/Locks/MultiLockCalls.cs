using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;

namespace AkkaHa.Node.Api.Locks;

/// <summary>Calls about several locks at once. They go to the slot of the session, which takes the locks on the caller's behalf.</summary>
internal static class MultiLockCalls
{
    /// <summary>As with one lock: a gRPC call that is cancelled takes its attempt back, a lost HTTP connection only when nobody can ask again.</summary>
    public static async Task<AcquireAllLocksResponse> AcquireAllAsync(EntityCalls calls, TakeBacks takeBacks, AcquireAllLocksRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(MultiLockValidation.Check(request, calls.Shards));
        var hasId = request.RequestId.Length > 0;
        var mayComeAgain = hasId && !Transport.IsGrpc(context.GetHttpContext());
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        if (request.HolderId.Length == 0) request.HolderId = request.RequestId;
        // Left out is the same as what it stands for, and a repeat may say it either way.
        foreach (var wish in request.Locks) (wish.Permits, wish.Limit) = wish.Mode == LockMode.Semaphore ? (Math.Max(1, wish.Permits), Math.Max(1, wish.Limit)) : (0, 0);
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, AcquireAllLocks = request };
        try
        {
            var reply = await calls.AskAsync(SlotOf(request.SessionId), command, ApiTimes.AskAfter(request.WaitSeconds), context.CancellationToken);
            return EntityCalls.Expect(reply.AcquireAllLocks, reply);
        }
        catch (RefusedException e) when (!hasId && TakeBacks.MayLeaveSomething(e, request.WaitSeconds))
        {
            TakeBack(takeBacks, request);
            throw;
        }
        finally
        {
            // Also when the grants came at the same moment: nobody is there to be told of them.
            if (context.CancellationToken.IsCancellationRequested && !mayComeAgain) TakeBack(takeBacks, request);
        }
    }

    private static void TakeBack(TakeBacks takeBacks, AcquireAllLocksRequest request) =>
        takeBacks.Begin(SlotOf(request.SessionId), CancelCommand(new CancelAllLocksRequest { SessionId = request.SessionId, RequestId = request.RequestId, OnlyAttemptsTo = request.Attempt }));

    public static async Task<CancelAllLocksResponse> CancelAllAsync(EntityCalls calls, CancelAllLocksRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(MultiLockValidation.Check(request, calls.Shards));
        var reply = await calls.AskAsync(SlotOf(request.SessionId), CancelCommand(request), context.CancellationToken);
        return EntityCalls.Expect(reply.CancelAllLocks, reply);
    }

    // Without a request id of its own: the id inside is the acquireAll's, whose remembered outcome must not answer the cancel.
    private static Command CancelCommand(CancelAllLocksRequest request) => new() { CancelAllLocks = request };

    // Validated before.
    private static EntityId SlotOf(string sessionId) => SessionId.TryParse(sessionId, out var id) ? id.Entity : throw new InvalidOperationException($"'{sessionId}' was not validated");
}
