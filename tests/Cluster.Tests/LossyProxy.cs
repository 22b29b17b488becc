using System.Net;
using AkkaHa.Cli.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace AkkaHa.Cluster.Tests;

/// <summary>Stands before a node's gRPC port and loses a part of the *responses*: the node has done what it was asked, and the client never hears of it.</summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpMessageInvoker invoker = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
    private readonly Uri target;
    private readonly double loss;
    private readonly Random random;
    private int lost;
    private int passed;

    private LossyProxy(int port, Uri target, double loss, int seed)
    {
        Port = port;
        this.target = target;
        this.loss = loss;
        random = new Random(seed);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http2));
        app = builder.Build();
        app.Run(ForwardAsync);
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Responses that were lost, and those that were not.</summary>
    public (int Lost, int Passed) Counts => (lost, passed);

    public static async Task<LossyProxy> StartAsync(int port, NodePorts node, double loss, int seed)
    {
        var proxy = new LossyProxy(port, new Uri($"http://127.0.0.1:{node.Grpc}"), loss, seed);
        await proxy.app.StartAsync();
        return proxy;
    }

    private async Task ForwardAsync(HttpContext context)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(target, context.Request.Path + context.Request.QueryString))
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StreamContent(context.Request.Body),
        };
        foreach (var (name, values) in context.Request.Headers)
            if (!name.StartsWith(':') && name != "Host" && !request.Headers.TryAddWithoutValidation(name, values.ToArray()))
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
        HttpResponseMessage response;
        byte[] body;
        try
        {
            response = await invoker.SendAsync(request, context.RequestAborted);
            body = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        }
        catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is OperationCanceledException)
        {
            context.Abort();
            return;
        }
        using (response)
        {
            bool lose;
            lock (random) lose = random.NextDouble() < loss;
            if (lose)
            {
                Interlocked.Increment(ref lost);
                context.Abort();
                return;
            }
            Interlocked.Increment(ref passed);
            context.Response.StatusCode = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers) context.Response.Headers[name] = values.ToArray();
            foreach (var (name, values) in response.Content.Headers)
                if (name != "Content-Length") context.Response.Headers[name] = values.ToArray();
            await context.Response.Body.WriteAsync(body);
            foreach (var (name, values) in response.TrailingHeaders) context.Response.AppendTrailer(name, values.ToArray());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        invoker.Dispose();
    }
}
