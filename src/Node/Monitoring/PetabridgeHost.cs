using Akka.Configuration;
using AkkaHa.Node.Membership;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;

namespace AkkaHa.Node.Monitoring;

/// <summary>
/// Listens for Petabridge's <c>pbm</c> in each incarnation: its own palettes for cluster and sharding, and <see cref="PetabridgeCommands"/>. Only in builds with
/// <c>-p:PetabridgeCmd=true</c>; where it listens is said by <c>PetabridgeCmd:Host</c> and <c>PetabridgeCmd:Port</c>.
/// </summary>
internal sealed class PetabridgeHost : IHostedService
{
    private const string HostByDefault = "127.0.0.1";
    private const int PortByDefault = 9110;

    // Made before anything is started, so that it hears of the first incarnation.
    public PetabridgeHost(NodeLifecycle lifecycle, IConfiguration configuration, PetabridgeViews views)
    {
        var host = configuration["PetabridgeCmd:Host"] ?? HostByDefault;
        var port = configuration.GetValue("PetabridgeCmd:Port", PortByDefault);
        lifecycle.Started += node =>
        {
            // Below what the system was configured with, and above the host's own defaults, which come later.
            node.System.Settings.InjectTopLevelFallback(ConfigurationFactory.ParseString($$"""petabridge.cmd { host = "{{host}}", port = {{port}} }"""));
            var pbm = PetabridgeCmd.Get(node.System);
            pbm.RegisterCommandPalette(ClusterCommands.Instance);
            pbm.RegisterCommandPalette(ClusterShardingCommands.Instance);
            pbm.RegisterCommandPalette(new PetabridgePalette(views));
            pbm.Start();
        };
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // It ends with the actor system.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Puts it into the host.</summary>
internal static class PetabridgeRegistration
{
    public static void AddPetabridgeCmd(this IServiceCollection services)
    {
        services.AddSingleton<PetabridgeViews>();
        services.AddHostedService<PetabridgeHost>();
    }
}
