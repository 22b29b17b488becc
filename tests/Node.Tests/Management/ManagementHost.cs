using System.Net;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Management;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Tests.Api;
using AkkaHa.Node.Tests.Membership;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace AkkaHa.Node.Tests.Management;

/// <summary>The API and its management, each on its port, over a cluster that is not there.</summary>
public abstract class ManagementHost(bool allowWrites) : IAsyncLifetime
{
    private WebApplication? app;

    internal FakeCluster Cluster { get; } = new();

    internal FakeMonitor Monitor { get; } = new();

    /// <summary>To the management port.</summary>
    public HttpClient Management { get; private set; } = null!;

    /// <summary>To the port of clients.</summary>
    public HttpClient Clients { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var (clients, management) = (InProcessCluster.FreePort(), InProcessCluster.FreePort());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, clients);
            kestrel.Listen(IPAddress.Loopback, management);
        });
        var keys = new FakeKeys();
        builder.Services.AddSingleton<IEntities>(new FakeEntities()).AddSingleton<IClusterView>(Cluster).AddSingleton<IClusterControl>(Cluster).AddSingleton<IReadiness>(Cluster).AddSingleton<IEventual>(new FakeEventual());
        builder.Services.AddSingleton<IKeyLists>(keys).AddSingleton<IKeyWatches>(keys).AddSingleton<IClusterMonitor>(Monitor);
        builder.Services.AddSingleton(new NodeSettings { Management = new ManagementSettings { AllowWrites = allowWrites } });
        builder.Services.AddAkkaHaApi();
        app = builder.Build();
        app.MapAkkaHaApi(managementPort: management);
        app.MapManagement();
        await app.StartAsync();
        Management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{management}") };
        Clients = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{clients}") };
    }

    public async Task DisposeAsync()
    {
        Management.Dispose();
        Clients.Dispose();
        if (app is not null) await app.DisposeAsync();
    }

}

public sealed class ReadOnlyHost() : ManagementHost(allowWrites: false);

public sealed class WritingHost() : ManagementHost(allowWrites: true);
