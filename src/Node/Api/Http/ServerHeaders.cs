using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Node.Eventual;

namespace AkkaHa.Node.Api.Http;

/// <summary>What every response says: the time, as the nodes agree on it, so that clients can stamp request ids by it; and how new its picture of the owners is, so that they know when theirs is old.</summary>
internal sealed class ServerHeaders(RequestDelegate next, IEventual eventual, IClusterView cluster)
{
    public Task InvokeAsync(HttpContext context)
    {
        // As late as possible: a call may have waited for a lock.
        context.Response.OnStarting(static state =>
        {
            var (response, clock, cluster) = ((HttpResponse, IEventual, IClusterView))state;
            response.Headers[ResponseHeaders.Time] = clock.NowMs.ToString(CultureInfo.InvariantCulture);
            if (cluster.RingVersion is { } version) response.Headers[ResponseHeaders.RingVersion] = version.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }, (context.Response, eventual, cluster));
        return next(context);
    }
}
