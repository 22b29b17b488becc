using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using AkkaHa.Cli.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Xunit;

namespace AkkaHa.Cluster.Tests.Telemetry;

/// <summary>Traces of a real client through a real node, as a collector gets them.</summary>
public sealed class CollectorTests
{
    private const string Traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const string Metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

    [LongFact]
    public async Task A_traced_call_of_the_client_is_followed_to_the_journal_and_an_untraced_one_is_not_where_none_is_sampled()
    {
        var port = LocalCluster.FreePorts(1)[0];
        var received = new ConcurrentQueue<(string Path, byte[] Body)>();
        await using var collector = await StartCollectorAsync(port, received);
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, $"--AkkaHa:Telemetry:OtlpEndpoint=http://127.0.0.1:{port}", "--AkkaHa:Telemetry:SampleRatio=0");
        await using var client = cluster.Connect();
        await client.Keys.PutAsync("untraced-key", "1");

        using var activity = new Activity("of the application").SetIdFormat(ActivityIdFormat.W3C);
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        activity.Start();
        await client.Transactions.RunAsync(tx =>
        {
            tx.Put("traced-key", "1");
            tx.Put("traced-too", "1");
            return Task.CompletedTask;
        });
        activity.Stop();

        var trace = Convert.FromHexString(activity.TraceId.ToHexString());
        string[] expected = ["turn RunTransaction", "turn Prepare", "turn Vote", "persist", "ask", "kv/traced-key", "kv/traced-too", "RunTransaction"];
        await ClusterUnderTest.EventuallyAsync(() =>
        {
            var sent = received.Where(r => r.Path == Traces && r.Body.AsSpan().IndexOf(trace) >= 0).Select(r => Encoding.Latin1.GetString(r.Body)).ToArray();
            return Task.FromResult(expected.All(e => sent.Any(s => s.Contains(e, StringComparison.Ordinal))));
        }, "the trace has not come");
        Assert.DoesNotContain(received, r => Encoding.Latin1.GetString(r.Body).Contains("untraced-key", StringComparison.Ordinal));
        Assert.DoesNotContain(received, r => r.Path == Metrics && Encoding.Latin1.GetString(r.Body).Contains("traced", StringComparison.Ordinal));
    }

    private static async Task<WebApplication> StartCollectorAsync(int port, ConcurrentQueue<(string Path, byte[] Body)> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Enqueue((context.Request.Path, body.ToArray()));
            // An empty message: all was taken.
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync();
        return app;
    }
}
