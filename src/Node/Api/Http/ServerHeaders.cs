using System.Globalization;

namespace AkkaHa.Node.Api.Http;

/// <summary>What every response says: this node's clock, so that clients can stamp request ids by it; and how new its picture of the owners is, so that they know when theirs is old.</summary>
internal sealed class ServerHeaders(RequestDelegate next, TimeProvider time, IClusterView cluster)
{
    /// <summary>The clock, in Unix milliseconds; metadata of the same name over gRPC.</summary>
    public const string Time = "akkaha-time-ms";

    /// <summary>See <see cref="IClusterView.RingVersion"/>; left out where it is not known.</summary>
    public const string RingVersion = "akkaha-ring-version";

    public Task InvokeAsync(HttpContext context)
    {
        // As late as possible: a call may have waited for a lock.
        context.Response.OnStarting(static state =>
        {
            var (response, clock, cluster) = ((HttpResponse, TimeProvider, IClusterView))state;
            response.Headers[Time] = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
            if (cluster.RingVersion is { } version) response.Headers[RingVersion] = version.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }, (context.Response, time, cluster));
        return next(context);
    }
}
