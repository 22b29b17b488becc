using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace AkkaHa.Node.Monitoring;

/// <summary>Counts the calls that this node serves, and how long they take. Streams are not counted.</summary>
internal sealed class CallTimes(NodeHistory history, TimeProvider time) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (CallKinds.Of(context.Method) is not { } kind) return await continuation(request, context);
        var started = time.GetTimestamp();
        try
        {
            var response = await continuation(request, context);
            Count(CallEnd.Done);
            return response;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The caller has gone: that says nothing.
            throw;
        }
        catch (RefusedException e)
        {
            Count(e.Failure.Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown ? CallEnd.Failed : CallEnd.Refused);
            throw;
        }
        catch
        {
            Count(CallEnd.Failed);
            throw;
        }
        void Count(CallEnd end) => history.Called(kind, end, Waits(request) ? null : time.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Whether the caller is ready to wait for others: how long that lasts is up to them.</summary>
    private static bool Waits(object request) => request switch
    {
        AcquireLockRequest acquire => acquire.WaitSeconds > 0,
        AcquireAllLocksRequest acquire => acquire.WaitSeconds > 0,
        UpgradeLockRequest upgrade => upgrade.WaitSeconds > 0,
        _ => false,
    };
}
