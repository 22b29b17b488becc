using AkkaHa.Messages.V1;
using Grpc.Core;

namespace AkkaHa.ClientApi.Tests.Fakes;

internal sealed class FakeKeys(FakeNode node) : Messages.V1.Keys.KeysBase
{
    public override Task<KeyValue> Get(GetKeyRequest request, ServerCallContext context) =>
        node.HandleAsync<GetKeyRequest, KeyValue>(request, context, r => throw Refusal.Of(ErrorCode.NotFound));

    public override Task<PutKeyResponse> Put(PutKeyRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new PutKeyResponse { Key = r.Key, Revision = 1 });

    public override Task<DeleteKeyResponse> Delete(DeleteKeyRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new DeleteKeyResponse { Key = r.Key, Revision = 2, Deleted = true });

    public override Task<ListKeysResponse> List(ListKeysRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new ListKeysResponse());

    public override Task Watch(WatchRequest request, IServerStreamWriter<WatchEvent> responseStream, ServerCallContext context) =>
        node.HandleAsync(request, responseStream, context);
}

internal sealed class FakeLocks(FakeNode node) : Messages.V1.Locks.LocksBase
{
    private static long s_fence;

    public override Task<LockGrant> Acquire(AcquireLockRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, Grant);

    public override Task<ReleaseLockResponse> Release(ReleaseLockRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new ReleaseLockResponse { Name = r.Name, Fence = r.Fence });

    public override Task<CancelLockResponse> Cancel(CancelLockRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new CancelLockResponse { Name = r.Name, Cancelled = true });

    public override Task<Messages.V1.LockState> Get(GetLockRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new Messages.V1.LockState { Name = r.Name });

    public override Task<LockGrant> Upgrade(UpgradeLockRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, Grant);

    public override Task<ForceReleaseLockResponse> ForceRelease(ForceReleaseLockRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new ForceReleaseLockResponse { Name = r.Name, Fences = { r.Fence } });

    public override Task<AcquireAllLocksResponse> AcquireAll(AcquireAllLocksRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new AcquireAllLocksResponse
        {
            Locks = { r.Locks.Select(l => new LockGrant { Name = l.Name, Fence = Interlocked.Increment(ref s_fence), Mode = l.Mode, SessionId = r.SessionId, HolderId = r.HolderId }) },
        });

    public override Task<CancelAllLocksResponse> CancelAll(CancelAllLocksRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new CancelAllLocksResponse { Cancelled = true });

    public override Task<ListLocksResponse> List(ListLocksRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new ListLocksResponse());

    public override Task Watch(WatchLocksRequest request, IServerStreamWriter<Messages.V1.LockEvent> responseStream, ServerCallContext context) =>
        node.HandleAsync(request, responseStream, context);

    public static LockGrant Grant(AcquireLockRequest r) =>
        new() { Name = r.Name, Fence = Interlocked.Increment(ref s_fence), Mode = r.Mode, SessionId = r.SessionId, HolderId = r.HolderId };

    public static LockGrant Grant(UpgradeLockRequest r) =>
        new() { Name = r.Name, Fence = Interlocked.Increment(ref s_fence), SessionId = r.SessionId };
}

internal sealed class FakeSessions(FakeNode node) : Messages.V1.Sessions.SessionsBase
{
    public override Task<CreateSessionResponse> Create(CreateSessionRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new CreateSessionResponse { SessionId = $"3-{Guid.NewGuid():D}", TtlSeconds = r.TtlSeconds });

    public override Task<KeepAliveResponse> KeepAlive(KeepAliveRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new KeepAliveResponse { TtlSeconds = 10 });

    public override Task<Messages.V1.SessionState> Get(GetSessionRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new Messages.V1.SessionState { SessionId = r.SessionId, TtlSeconds = 10, RemainingSeconds = 7.2, Label = "x", Locks = { "a" } });

    public override Task<ListSessionsResponse> List(ListSessionsRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new ListSessionsResponse());

    public override Task<CloseSessionResponse> Close(CloseSessionRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new CloseSessionResponse { SessionId = r.SessionId });
}

internal sealed class FakeTransactions(FakeNode node) : Messages.V1.Transactions.TransactionsBase
{
    public override Task<Messages.V1.TransactionResult> Run(TransactionRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => Committed(r));

    public override Task<TransactionStatus> Get(GetTransactionRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new TransactionStatus { TransactionId = r.TransactionId });

    public override Task<TransactionStatus> Resolve(ResolveTransactionRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new TransactionStatus { TransactionId = r.TransactionId, Outcome = TransactionStatus.Types.Outcome.Aborted });

    public override Task<ListTransactionsResponse> List(ListTransactionsRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new ListTransactionsResponse());

    /// <summary>Committed; with conditions that failed, if indexes are given.</summary>
    public static Messages.V1.TransactionResult Committed(TransactionRequest r, params int[] failed) => new()
    {
        TransactionId = r.TransactionId,
        Outcome = TransactionStatus.Types.Outcome.Committed,
        ConditionsHeld = failed.Length == 0,
        ConditionResults = { r.Conditions.Select((_, i) => !failed.Contains(i)) },
    };
}

internal sealed class FakeClusterService(FakeNode node) : Cluster.ClusterBase
{
    public override Task<RingState> GetRing(GetRingRequest request, ServerCallContext context) =>
        node.HandleAsync<GetRingRequest, RingState>(request, context, r => throw Refusal.Of(ErrorCode.Unavailable));
}

internal sealed class FakeEventual(FakeNode node) : Messages.V1.Eventual.EventualBase
{
    public override Task<EventualValue> Get(GetEventualRequest request, ServerCallContext context) =>
        node.HandleAsync<GetEventualRequest, EventualValue>(request, context, r => throw Refusal.Of(ErrorCode.NotFound));

    public override Task<EventualValue> Update(UpdateEventualRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new EventualValue { Kind = r.Kind, Key = r.Key });

    public override Task<DeleteEventualResponse> Delete(DeleteEventualRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new DeleteEventualResponse { Kind = r.Kind, Key = r.Key, Deleted = true });

    public override Task<ListEventualResponse> List(ListEventualRequest request, ServerCallContext context) =>
        node.HandleAsync(request, context, r => new ListEventualResponse());

    public override Task Watch(WatchEventualRequest request, IServerStreamWriter<EventualChange> responseStream, ServerCallContext context) =>
        node.HandleAsync(request, responseStream, context);
}
