using System.Globalization;

namespace AkkaHa.Node.Api.Http;

/// <summary>Every response says what this node's clock shows, in Unix milliseconds, so that clients can stamp request ids by it.</summary>
internal sealed class ServerTime(RequestDelegate next, TimeProvider time)
{
    /// <summary>The header; metadata of the same name over gRPC.</summary>
    public const string Header = "akkaha-time-ms";

    public Task InvokeAsync(HttpContext context)
    {
        // As late as possible: a call may have waited for a lock.
        context.Response.OnStarting(static state =>
        {
            var (response, clock) = ((HttpResponse, TimeProvider))state;
            response.Headers[Header] = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }, (context.Response, time));
        return next(context);
    }
}
