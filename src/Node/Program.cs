using AkkaHa.Node.Api;
using AkkaHa.Node.Backups;
using AkkaHa.Node.Dashboard;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Management;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Monitoring;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Core;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
NodeSettings settings;
try
{
    settings = SettingsCheck.Read(builder.Configuration);
}
catch (InvalidSettingsException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

builder.Logging.AddNodeLog(settings.Telemetry);
// Before what is counted begins.
builder.Services.AddTelemetry(settings);
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(SettingsCheck.Endpoint("Http", settings.Http.Host, settings.Http.Port), listen => listen.Protocols = HttpProtocols.Http1);
    kestrel.Listen(SettingsCheck.Endpoint("Grpc", settings.Grpc.Host, settings.Grpc.Port), listen => listen.Protocols = HttpProtocols.Http2);
    kestrel.Listen(SettingsCheck.Endpoint("Management", settings.Management.Host, settings.Management.Port), listen => listen.Protocols = HttpProtocols.Http1);
});
builder.Services.AddSingleton(settings);
builder.Services.AddSingleton(SettingsCheck.Rules(settings.Testing));
builder.Services.AddSingleton(new Admission(settings.Overload));
builder.Services.AddHostedService<OverloadWatch>();
builder.Services.AddSingleton<Database>();
builder.Services.AddSingleton<LeaseStore>();
builder.Services.AddSingleton<OwnershipStore>();
builder.Services.AddSingleton<Ownerships>();
builder.Services.AddSingleton<NodeLifecycle>();
builder.Services.AddHostedService(services => services.GetRequiredService<NodeLifecycle>());
builder.Services.AddSingleton<IEntities, EntityRegion>();
builder.Services.AddSingleton<IClusterView, ClusterView>();
builder.Services.AddSingleton<IClusterControl, ClusterControl>();
builder.Services.AddSingleton<Readiness>();
builder.Services.AddSingleton<IReadiness>(services => services.GetRequiredService<Readiness>());
builder.Services.AddSingleton(services => new Pulse(services.GetRequiredService<NodeLifecycle>()));
builder.Services.AddHostedService(services => services.GetRequiredService<Pulse>());
builder.Services.AddSingleton<IClusterMonitor, ClusterMonitor>();
builder.Services.AddSingleton<NodeGauges>();
builder.Services.AddHostedService(services => services.GetRequiredService<Readiness>());
builder.Services.AddSingleton<IEventual, EventualData>();
builder.Services.AddListsAndWatches();
builder.Services.AddSingleton<BackupReader>();
builder.Services.AddSingleton<BackupRestore>();
builder.AddMonitoring();
#if PETABRIDGE_CMD
builder.Services.AddPetabridgeCmd();
#endif
builder.Services.AddAkkaHaApi();

var app = builder.Build();
app.MapAkkaHaApi(managementPort: settings.Management.Port);
app.MapManagement();
app.MapTelemetry();
app.MapActivity();
app.MapDashboard();
if (settings.StopWhenInputEnds) StopWhenInputEnds(app.Lifetime);
try
{
    await app.RunAsync();
}
catch (IOException e)
{
    // A port that is taken, above all.
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
{
    // Told to stop before all was started, as by a setting that the data refuse: the host says so by this. It is no crash.
}
return Environment.ExitCode;

static void StopWhenInputEnds(IHostApplicationLifetime lifetime) => new Thread(() =>
{
    var input = Console.OpenStandardInput();
    Span<byte> ignored = stackalloc byte[256];
    while (input.Read(ignored) > 0)
    {
    }
    // Whoever started this node is gone, or wants it gone now; it must not stay behind, whatever hangs. Others that he started end at the same
    // time, and then leaving the cluster in peace would take as long as the patience with them lasts.
    lifetime.StopApplication();
    Thread.Sleep(TimeSpan.FromSeconds(3));
    new Thread(() =>
    {
        // Exit closes SQLite's files, which waits for the other processes that have them open.
        Thread.Sleep(TimeSpan.FromSeconds(1));
        System.Diagnostics.Process.GetCurrentProcess().Kill();
    })
    { IsBackground = true, Name = "end" }.Start();
    Environment.Exit(3);
})
{ IsBackground = true, Name = "input" }.Start();
