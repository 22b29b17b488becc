using System.Diagnostics;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Metrics;
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
        var startedAt = Stopwatch.GetTimestamp();
        using var about = About(request);
        try
        {
            var response = await continuation(request, context);
            RequestMeter.Answered(context.Method, RequestMeter.Ok, startedAt);
            return response;
        }
        catch (Exception e)
        {
            var answer = Understand(e, request, context, out var code);
            RequestMeter.Answered(context.Method, code, startedAt);
            throw answer;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var about = About(request);
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e)
        {
            // How long a stream was open is not how long a call took.
            throw Understand(e, request, context, out _);
        }
    }

    /// <summary>Whether a method only reads. A test holds its name against the HTTP verb in the proto.</summary>
    internal static bool IsRead(string method)
    {
        var name = method.AsSpan(method.LastIndexOf('/') + 1);
        return name.StartsWith("Get") || name.StartsWith("List") || name.StartsWith("Watch");
    }

    /// <summary>Whatever is logged during the call has what it is about as fields.</summary>
    private IDisposable? About(object request) => RequestSubject.Of(request) is { } subject ? log.BeginScope(subject) : null;

    private RpcException Understand(Exception e, object request, ServerCallContext context, out string code)
    {
        Failure failure;
        switch (e)
        {
            case RefusedException refused:
                failure = refused.Failure;
                break;
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                code = RequestMeter.Cancelled;
                return new RpcException(new Status(StatusCode.Cancelled, "the caller has gone"));
            default:
                log.LogError(e, "{Method} failed unexpectedly{Subject}", context.Method, RequestSubject.Of(request)?.ToString());
                failure = Refusals.Unexpected(IsRead(context.Method));
                break;
        }
        code = ErrorTable.Of(failure.Code).Name;
        return Carry(failure, context);
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
