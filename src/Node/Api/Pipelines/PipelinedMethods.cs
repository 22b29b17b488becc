using System.Collections.Concurrent;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Api.Sessions;
using AkkaHa.Node.Api.Transactions;
using AkkaHa.Node.Monitoring;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Telemetry;
using Google.Protobuf;
using Grpc.Core;

namespace AkkaHa.Node.Api.Pipelines;

/// <summary>
/// The methods that can be called over a pipeline, each by the code of the method itself and by all that is put around it there: the gate of an overloaded node, metrics, times, refusals.
/// </summary>
internal sealed class PipelinedMethods(
    KeysService keys, LocksService locks, SessionsService sessions, TransactionsService transactions, FailureInterceptor failures, CallTimes times, Admission admission, NodeHistory history,
    ILogger<PipelinedMethods> log)
{
    /// <summary>By their hints, in milliseconds.</summary>
    private static readonly ConcurrentDictionary<uint, PipelinedRefusal> Overloaded = [];

    private readonly Dictionary<PipelinedCall.RequestOneofCase, IPipelinedMethod> all = new()
    {
        [PipelinedCall.RequestOneofCase.GetKey] = new Method<GetKeyRequest, KeyValue>("/akkaha.v1.Keys/Get", c => c.GetKey, keys.Get, (a, r) => a.GetKey = r, failures, times),
        [PipelinedCall.RequestOneofCase.PutKey] = new Method<PutKeyRequest, PutKeyResponse>("/akkaha.v1.Keys/Put", c => c.PutKey, keys.Put, (a, r) => a.PutKey = r, failures, times),
        [PipelinedCall.RequestOneofCase.DeleteKey] = new Method<DeleteKeyRequest, DeleteKeyResponse>("/akkaha.v1.Keys/Delete", c => c.DeleteKey, keys.Delete, (a, r) => a.DeleteKey = r, failures, times),
        [PipelinedCall.RequestOneofCase.AcquireLock] = new Method<AcquireLockRequest, LockGrant>("/akkaha.v1.Locks/Acquire", c => c.AcquireLock, locks.Acquire, (a, r) => a.AcquireLock = r, failures, times),
        [PipelinedCall.RequestOneofCase.ReleaseLock] = new Method<ReleaseLockRequest, ReleaseLockResponse>("/akkaha.v1.Locks/Release", c => c.ReleaseLock, locks.Release, (a, r) => a.ReleaseLock = r, failures, times),
        [PipelinedCall.RequestOneofCase.KeepAlive] = new Method<KeepAliveRequest, KeepAliveResponse>("/akkaha.v1.Sessions/KeepAlive", c => c.KeepAlive, sessions.KeepAlive, (a, r) => a.KeepAlive = r, failures, times),
        [PipelinedCall.RequestOneofCase.RunTransaction] =
            new Method<TransactionRequest, TransactionResult>("/akkaha.v1.Transactions/Run", c => c.RunTransaction, transactions.Run, (a, r) => a.RunTransaction = r, failures, times),
    };

    /// <summary>Null: this node knows no such request.</summary>
    public IPipelinedMethod? Of(PipelinedCall call) => all.GetValueOrDefault(call.RequestCase);

    /// <summary>Null: it is no new work.</summary>
    public static NewWork? WorkOf(IPipelinedMethod method, PipelinedCall call) => NewWork.GoesOn(call.AcquireLock) ? null : method.NewWork;

    /// <summary>Makes a call. It never throws: a refusal is an answer.</summary>
    public async Task<PipelinedAnswer> RunAsync(IPipelinedMethod method, PipelinedCall call, PipelinedContext context)
    {
        YoungCalls.Generation? young = null;
        try
        {
            using var trace = NodeTracing.Call(method.Name, call.Traceparent);
            if (WorkOf(method, call) is { } work)
            {
                if (OverloadGate.Refusal(work, admission, history) is { } failure) return Refused(call, failure);
                young = admission.Enter();
            }
            var answer = new PipelinedAnswer { Id = call.Id };
            await method.RunAsync(call, context, answer);
            return answer;
        }
        catch (RpcException e)
        {
            // What the interceptor makes of all that ends a call.
            return Refused(call, e);
        }
        catch (Exception e)
        {
            // The interceptor itself failed, or what is around it: nobody else would answer.
            log.LogError(e, "{Method} failed unexpectedly", method.Name);
            return Refused(call, new RpcException(new Status(StatusCode.Unknown, "the node failed while at it; its log says why")));
        }
        finally
        {
            young?.Leave();
        }
    }

    /// <summary>What new work is refused with that has waited too long; null: it has not.</summary>
    public Failure? TooLate(NewWork work, double? waitedMs, int beside) => admission.TooLate(work, waitedMs, beside);

    /// <summary>New work that a stream has no room for, or that is too late.</summary>
    public void CountRefused(NewWork work) => OverloadGate.CountRefused(work, history);

    /// <summary>A call that ends with this status.</summary>
    public static PipelinedAnswer Refused(PipelinedCall call, RpcException e) => new() { Id = call.Id, Refused = RefusalOf(e) };

    /// <summary>A call that ends with this failure. Those of a node with too much to do differ in their hint alone, and are made once for each: to refuse must be cheap.</summary>
    public static PipelinedAnswer Refused(PipelinedCall call, Failure failure) => new()
    {
        Id = call.Id,
        Refused = Refusals.IsOverloaded(failure) ? Overloaded.GetOrAdd(failure.RetryAfterMs, static (_, made) => RefusalOf(GrpcErrors.ToRpcException(made)), failure) : RefusalOf(GrpcErrors.ToRpcException(failure)),
    };

    private static PipelinedRefusal RefusalOf(RpcException e) => new()
    {
        Status = (int)e.StatusCode, Message = e.Status.Detail, Details = e.Trailers.GetValueBytes(ResponseHeaders.StatusDetails) is { } details ? UnsafeByteOperations.UnsafeWrap(details) : ByteString.Empty,
    };

    private sealed class Method<TRequest, TResponse>(
        string name, Func<PipelinedCall, TRequest> requestOf, UnaryServerMethod<TRequest, TResponse> method, Action<PipelinedAnswer, TResponse> put, FailureInterceptor failures, CallTimes times) : IPipelinedMethod
        where TRequest : class
        where TResponse : class
    {
        private readonly UnaryServerMethod<TRequest, TResponse> timed = (request, context) => times.UnaryServerHandler(request, context, method);

        public string Name => name;

        public NewWork? NewWork { get; } = NewWork.Named(name);

        public async Task RunAsync(PipelinedCall call, PipelinedContext context, PipelinedAnswer answer) => put(answer, await failures.UnaryServerHandler(requestOf(call), context, timed));
    }
}

/// <summary>One method that can be called over a pipeline.</summary>
internal interface IPipelinedMethod
{
    /// <summary>As gRPC has it.</summary>
    string Name { get; }

    /// <summary>Null: it is never refused for lack of room.</summary>
    NewWork? NewWork { get; }

    /// <exception cref="RpcException">It was refused.</exception>
    Task RunAsync(PipelinedCall call, PipelinedContext context, PipelinedAnswer answer);
}
