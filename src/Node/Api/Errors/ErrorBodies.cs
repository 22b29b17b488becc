using AkkaHa.Messages.Internal;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaHa.Node.Api.Errors;

/// <summary>Gives every HTTP response from 400 up the contract's body, whoever refused. Calls of gRPC pass untouched.</summary>
internal sealed class ErrorBodies(RequestDelegate next, ILogger<ErrorBodies> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(new ErrorBodyGate(context, body));
        RefusedException? refused = null;
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && !Transport.IsGrpc(context))
        {
            refused = Understand(e, context);
        }
        finally
        {
            context.Features.Set(body);
        }
        if (context.RequestAborted.IsCancellationRequested || context.Response.HasStarted || Transport.IsGrpc(context)) return;
        if (refused is not null) await HttpErrors.WriteAsync(context, refused.Failure, refused.HttpStatus);
        else if (context.Features.Get<Failure>() is { } failure) await HttpErrors.WriteAsync(context, failure, null);
        else if (context.Response.StatusCode >= StatusCodes.Status400BadRequest) await WriteOfStatusAsync(context);
    }

    private static Task WriteOfStatusAsync(HttpContext context)
    {
        // 405, 413 and 415 say more than the table's 400; a 5xx of the framework's is replaced by the table's.
        int? status = context.Response.StatusCode < StatusCodes.Status500InternalServerError ? context.Response.StatusCode : null;
        return HttpErrors.WriteAsync(context, HttpErrors.OfStatus(context), status);
    }

    // What the server found wrong before anybody could read it.
    private static Failure OfServer(BadHttpRequestException bad) => bad.StatusCode == StatusCodes.Status413PayloadTooLarge
        ? HttpErrors.TooLarge()
        : Refusals.Invalid("body", $"could not be read: {bad.Message}");

    private RefusedException Understand(Exception e, HttpContext context)
    {
        switch (e)
        {
            case RefusedException refused:
                return refused;
            case BadHttpRequestException bad:
                return new RefusedException(OfServer(bad), bad.StatusCode);
            case OperationCanceledException or IOException when context.RequestAborted.IsCancellationRequested:
                break;
            default:
                log.LogError(e, "{Method} {Path} failed unexpectedly", context.Request.Method, context.Request.Path);
                break;
        }
        return new RefusedException(Refusals.Unexpected(HttpErrors.IsRead(context.Request)));
    }
}
