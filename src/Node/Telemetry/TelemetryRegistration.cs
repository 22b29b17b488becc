using AkkaHa.Node.Api.Http;
using AkkaHa.Node.Api.Pipelines;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Settings;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AkkaHa.Node.Telemetry;

/// <summary>Metrics at <c>/metrics</c>; traces and metrics to a collector, where one is named; logs.</summary>
internal static class TelemetryRegistration
{
    private const string MetricsPath = "/metrics";

    /// <summary>To be called before what is counted is registered: levels are counted from their beginning.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, NodeSettings settings)
    {
        var collector = settings.Telemetry.OtlpEndpoint is { Length: > 0 } url ? new Uri(url) : null;
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(
            "akkaha", serviceVersion: MemberFacts.Version, serviceInstanceId: string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{settings.Remote.Host}:{settings.Remote.Port}")));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(NodeMeter.Name, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel");
            metrics.AddPrometheusExporter(prometheus => prometheus.ScrapeEndpointPath = MetricsPath);
            if (collector is not null) metrics.AddOtlpExporter(otlp => otlp.Endpoint = collector);
        });
        if (collector is null) return services;
        telemetry.WithTracing(traces => traces
            .AddSource(NodeTracing.Name)
            .AddAspNetCoreInstrumentation(web => web.Filter = context => !Probes.Has(context.Request.Path) && context.Request.Path != CallsService.Path && context.Request.Path != MetricsPath && context.Connection.LocalPort != settings.Management.Port)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.Telemetry.SampleRatio)))
            .AddOtlpExporter(otlp => otlp.Endpoint = collector));
        return services;
    }

    /// <summary>Puts <c>/metrics</c> in, and begins to count.</summary>
    public static void MapTelemetry(this WebApplication app)
    {
        app.Services.GetRequiredService<MeterProvider>();
        app.Services.GetRequiredService<NodeGauges>();
        NodeMeter.Begin();
        OwnershipMeter.Begin();
        OverloadMeter.Begin(NewWork.All);
        app.MapPrometheusScrapingEndpoint(MetricsPath);
    }

    /// <summary>One line each on standard output.</summary>
    public static void AddNodeLog(this ILoggingBuilder logging, TelemetrySettings settings)
    {
        logging.ClearProviders();
        if (settings.LogFormat == "json")
        {
            logging.AddJsonConsole(console =>
            {
                // What a call is about (RequestSubject).
                console.IncludeScopes = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
            });
        }
        logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning)
            // What fails is logged by ours; what is left is callers who hang up, each with a stack, and most of them when there is most to do.
            .AddFilter("Grpc.AspNetCore.Server.ServerCallHandler", LogLevel.None).AddFilter("Akka.Actor", LogLevel.Warning);
    }
}
