using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Monitoring;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Settings;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>The API on real ports, over entities that are not there.</summary>
public sealed class ApiHost : IAsyncLifetime
{
    private WebApplication? app;

    internal const int CallsAtMost = 1000;

    internal Admission Admission { get; } = new(new OverloadSettings { CallsAtMost = CallsAtMost });

    internal NodeHistory History => app!.Services.GetRequiredService<NodeHistory>();

    internal FakeEntities Entities { get; } = new();

    internal FakeCluster Cluster { get; } = new();

    internal FakeKeys Keys { get; } = new();

    internal FakeLocks Locks { get; } = new();

    internal FakeEventual Eventual { get; } = new();

    internal RecordedLog Log { get; } = new();

    public HttpClient Http { get; private set; } = null!;

    public Uri HttpAddress { get; private set; } = null!;

    public GrpcChannel Grpc { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton<IEntities>(Entities).AddSingleton<IClusterView>(Cluster).AddSingleton<IClusterControl>(Cluster).AddSingleton<IReadiness>(Cluster);
        builder.Services.AddSingleton<IKeyLists>(Keys).AddSingleton<IKeyWatches>(Keys);
        builder.Services.AddSingleton<ILockLists>(Locks).AddSingleton<ILockWatches>(Locks);
        builder.Services.AddSingleton<AkkaHa.Node.Eventual.IEventual>(Eventual);
        builder.Services.AddSingleton(Admission);
        builder.Services.AddAkkaHaApi();
        app = builder.Build();
        app.MapAkkaHaApi();
        app.MapGet("/broken", string () => throw new InvalidOperationException("a bug"));
        app.MapPost("/broken", string () => throw new InvalidOperationException("a bug"));
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        HttpAddress = new Uri(addresses[0]);
        Http = new HttpClient { BaseAddress = HttpAddress };
        Grpc = GrpcChannel.ForAddress(addresses[1], new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
    }

    /// <summary>As before the first test.</summary>
    internal void Reset()
    {
        Entities.Reset();
        Cluster.Changes.Clear();
        Eventual.Reset();
        (Keys.Stream, Keys.Refusal, Keys.List) = (([], null), null, new());
        (Locks.List, Locks.Events, Locks.End) = (new(), [], null);
        Log.Errors.Clear();
    }

    /// <summary>Sends with the target exactly as written: escapes and dot segments reach the server.</summary>
    internal async Task<HttpResponseMessage> SendAsync(string request, string? body = null, string? contentType = "application/json")
    {
        var space = request.IndexOf(' ', StringComparison.Ordinal);
        var uri = new Uri(
            HttpAddress.GetLeftPart(UriPartial.Authority) + request[(space + 1)..],
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(new HttpMethod(request[..space]), uri);
        if (body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (contentType is not null) message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }
        return await Http.SendAsync(message);
    }

    /// <summary>The JSON of a success.</summary>
    internal async Task<string> JsonAsync(string request, string? body = null)
    {
        using var response = await SendAsync(request, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return text;
    }

    /// <summary>As a node that is told to stop.</summary>
    internal Task StopAsync() => app!.StopAsync();

    public async Task DisposeAsync()
    {
        Http.Dispose();
        Grpc.Dispose();
        if (app is not null) await app.DisposeAsync();
    }
}
