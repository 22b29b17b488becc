using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaHa.Node.Api.Http;

/// <summary><c>/alive</c>, <c>/ready</c> and <c>/ready/eventual</c>: 200, or 503 with the reasons. Each is made of the health checks with its tag.</summary>
internal static class Probes
{
    /// <summary>Of the checks behind <c>/alive</c>.</summary>
    public const string AliveTag = "alive";

    /// <summary>Of the checks behind <c>/ready</c>.</summary>
    public const string ReadyTag = "ready";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Whether a path is one of the probes.</summary>
    public static bool Has(PathString path) => path == "/alive" || path.StartsWithSegments("/ready", StringComparison.Ordinal);

    public static void MapProbes(this IEndpointRouteBuilder routes)
    {
        Map(routes, "/alive", context => OfChecksAsync(context, AliveTag));
        Map(routes, "/ready", context => OfChecksAsync(context, ReadyTag));
        // By itself: what else is wrong with the node is nothing to eventual data.
        Map(routes, "/ready/eventual", context => Task.FromResult(context.RequestServices.GetRequiredService<IReadiness>().EventualReady()));
    }

    private static async Task<ReadinessReport> OfChecksAsync(HttpContext context, string tag)
    {
        var health = await context.RequestServices.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Tags.Contains(tag), context.RequestAborted);
        return health.Status == HealthStatus.Healthy
            ? ReadinessReport.Yes
            : ReadinessReport.No([.. health.Entries.Where(e => e.Value.Status != HealthStatus.Healthy).SelectMany(e => ReasonsOf(e.Key, e.Value))]);
    }

    private static IReadOnlyList<string> ReasonsOf(string check, HealthReportEntry entry) =>
        entry.Data.GetValueOrDefault(ReadyCheck.Reasons) as IReadOnlyList<string> ?? [entry.Description ?? $"{check} is {entry.Status}"];

    private static void Map(IEndpointRouteBuilder routes, string path, Func<HttpContext, Task<ReadinessReport>> probe) =>
        routes.MapMethods(path, Methods, async context =>
        {
            var report = await probe(context);
            if (!report.Ready) throw new RefusedException(NotReady(path, report));
            await context.Response.WriteAsJsonAsync(new { ready = true }, context.RequestAborted);
        });

    private static Messages.Internal.Failure NotReady(string path, ReadinessReport report)
    {
        var reasons = report.Reasons.Select(Value.ForString).ToArray();
        var failure = Refusals.Of(ErrorCode.Unavailable, $"{path}: no ({string.Join("; ", report.Reasons)})");
        failure.Details = new Struct { Fields = { ["reasons"] = Value.ForList(reasons) } };
        return failure;
    }
}
