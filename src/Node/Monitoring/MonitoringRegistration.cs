using System.Globalization;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Monitoring;

/// <summary>Puts into the host what the dashboard looks back at.</summary>
internal static class MonitoringRegistration
{
    public static void AddMonitoring(this WebApplicationBuilder builder)
    {
        var history = new NodeHistory(TimeProvider.System);
        builder.Services.AddSingleton(history);
        builder.Services.AddSingleton<ClusterHistory>();
        builder.Services.AddHostedService<PersistTimes>();
        builder.Logging.AddProvider(new EventLogProvider(history));
    }

    /// <summary><c>GET /v1/cluster/activity?since=</c>: for the dashboard and <c>akkaha top</c>.</summary>
    public static void MapActivity(this IEndpointRouteBuilder routes)
    {
        // Made now, so that it hears of the first incarnation.
        var history = routes.ServiceProvider.GetRequiredService<ClusterHistory>();
        routes.MapGet("/v1/cluster/activity", context => AnswerAsync(context, history));
    }

    private static async Task AnswerAsync(HttpContext context, ClusterHistory history)
    {
        foreach (var name in context.Request.Query.Keys)
            if (name != "since") throw new RefusedException(Refusals.Invalid(Refusals.Quote(name), "is not a query parameter of this request; there is since"));
        long since = 0;
        if (context.Request.Query["since"] is { Count: > 0 } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out since))
            throw new RefusedException(Refusals.Invalid("since", "must be milliseconds since 1970"));
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(await history.AskAsync(since, context.RequestAborted), context.RequestAborted);
    }
}
