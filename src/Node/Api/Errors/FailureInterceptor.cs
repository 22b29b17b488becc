using AkkaHa.Messages.Internal;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace AkkaHa.Node.Api.Errors;

/// <summary>
/// Turns what ends a call into what the caller sees. No exception reaches a caller as such: of an unexpected one he learns
/// UNAVAILABLE after a read and OUTCOME_UNKNOWN after a mutation, and the log gets the rest.
/// </summary>
internal sealed class FailureInterceptor(ILogger<FailureInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e)
        {
            throw Understand(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e)
        {
            throw Understand(e, context);
        }
    }

    /// <summary>Whether a method only reads. A test holds its name against the HTTP verb in the proto.</summary>
    internal static bool IsRead(string method)
    {
        var name = method.AsSpan(method.LastIndexOf('/') + 1);
        return name.StartsWith("Get") || name.StartsWith("List") || name.StartsWith("Watch");
    }

    private RpcException Understand(Exception e, ServerCallContext context)
    {
        switch (e)
        {
            case RefusedException refused:
                return Carry(refused.Failure, context);
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "the caller has gone"));
            default:
                log.LogError(e, "{Method} failed unexpectedly", context.Method);
                return Carry(Refusals.Unexpected(IsRead(context.Method)), context);
        }
    }

    private static RpcException Carry(Failure failure, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        if (Transport.IsGrpc(http)) return GrpcErrors.ToRpcException(failure);
        // ErrorBodies writes it; what the transcoder makes of the exception is dropped.
        http.Features.Set(failure);
        return new RpcException(new Status(StatusCode.Unknown, failure.Message));
    }
}
