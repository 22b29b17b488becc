using System.Net;
using AkkaHa.Node.Api;
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

    internal FakeEntities Entities { get; } = new();

    internal FakeCluster Cluster { get; } = new();

    public HttpClient Http { get; private set; } = null!;

    public Uri HttpAddress { get; private set; } = null!;

    public GrpcChannel Grpc { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton<IEntities>(Entities).AddSingleton<IClusterView>(Cluster).AddSingleton<IReadiness>(Cluster);
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

    public async Task DisposeAsync()
    {
        Http.Dispose();
        Grpc.Dispose();
        if (app is not null) await app.DisposeAsync();
    }
}
