using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Api.Http;

/// <summary><c>/alive</c>, <c>/ready</c> and <c>/ready/eventual</c>: 200, or 503 with the reasons.</summary>
internal static class Probes
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Whether a path is one of the probes.</summary>
    public static bool Has(PathString path) => path == "/alive" || path.StartsWithSegments("/ready", StringComparison.Ordinal);

    public static void MapProbes(this IEndpointRouteBuilder routes)
    {
        Map(routes, "/alive", Alive);
        Map(routes, "/ready", readiness => readiness.StrongReady());
        // Nobody is told that what is not built can be used.
        Map(routes, "/ready/eventual", _ => ReadinessReport.No("this version has no eventual data"));
    }

    private static ReadinessReport Alive(IReadiness readiness) => readiness.Alive ? ReadinessReport.Yes : ReadinessReport.No("the node is not alive");

    private static void Map(IEndpointRouteBuilder routes, string path, Func<IReadiness, ReadinessReport> probe) =>
        routes.MapMethods(path, Methods, (RequestDelegate)(context =>
        {
            var report = probe(context.RequestServices.GetRequiredService<IReadiness>());
            return report.Ready
                ? context.Response.WriteAsJsonAsync(new { ready = true }, context.RequestAborted)
                : throw new RefusedException(NotReady(path, report));
        }));

    private static Messages.Internal.Failure NotReady(string path, ReadinessReport report)
    {
        var reasons = report.Reasons.Select(Value.ForString).ToArray();
        var failure = Refusals.Of(ErrorCode.Unavailable, $"{path}: no ({string.Join("; ", report.Reasons)})");
        failure.Details = new Struct { Fields = { ["reasons"] = Value.ForList(reasons) } };
        return failure;
    }
}
