using System.Diagnostics;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Monitoring;

namespace AkkaHa.Node.Overload;

/// <summary>
/// After routing, and before anything of a call is read: refuses new work when there is too much to do, the same over gRPC and HTTP. Nothing was done then. To refuse must be cheap: it is done most when there is least time.
/// </summary>
internal sealed class OverloadGate(RequestDelegate next, Admission admission, NodeHistory history)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NewWork>() is not { } work)
        {
            await next(context);
            return;
        }
        // It may have waited longer than its caller. Whoever is gone needs no answer, and what can be left undone makes room.
        if (context.RequestAborted.IsCancellationRequested) return;
        if (Refusal(work, admission, history) is { } failure)
        {
            if (Transport.IsGrpc(context)) GrpcErrors.WriteUnread(context.Response, failure);
            // ErrorBodies writes it.
            else context.Features.Set(failure);
            return;
        }
        var young = admission.Enter();
        try
        {
            await next(context);
        }
        finally
        {
            young.Leave();
        }
    }

    /// <summary>What new work is refused with, and counted so; null: it is taken.</summary>
    public static Failure? Refusal(NewWork work, Admission admission, NodeHistory history)
    {
        if (admission.Refusal(work) is not { } failure) return null;
        CountRefused(work, history);
        return failure;
    }

    /// <summary>New work was refused before anything of it was done.</summary>
    public static void CountRefused(NewWork work, NodeHistory history)
    {
        RequestMeter.Answered(work.Method, RequestMeter.Unavailable, Stopwatch.GetTimestamp());
        if (CallKinds.Of(work.Method) is { } kind) history.Called(kind, CallEnd.Failed, null);
    }
}
