using Etcdserverpb;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaHa.Servers;

/// <summary>One member of an <see cref="EtcdCluster"/>.</summary>
public sealed class EtcdMember : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly string directory;
    private readonly IReadOnlyList<string> arguments;
    private readonly GrpcChannel channel;
    private ServerProcess? process;

    internal EtcdMember(string directory, string name, string clientUrl, string peerUrl, string initialCluster)
    {
        this.directory = directory;
        Name = name;
        ClientUrl = clientUrl;
        channel = GrpcChannel.ForAddress(clientUrl);
        // All timings are etcd's own: heartbeats every 100 ms, elections after 1 s.
        arguments =
        [
            "--name", name, "--data-dir", Path.Combine(directory, name), "--logger", "zap", "--log-level", "warn",
            "--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl, "--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl,
            "--initial-cluster", initialCluster, "--initial-cluster-state", "new", "--initial-cluster-token", Path.GetFileName(directory),
        ];
    }

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>Where clients connect to.</summary>
    public string ClientUrl { get; }

    /// <summary>Its process id.</summary>
    public int ProcessId => (process ?? throw new InvalidOperationException($"{Name} does not run")).ProcessId;

    /// <summary>Starts it, or starts it again with the data it had.</summary>
    public async Task StartAsync()
    {
        if (process is not null) throw new InvalidOperationException($"{Name} runs already");
        process = await ServerProcess.StartAsync(Path.Combine(directory, $"{Name}.log"), "etcd", arguments);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (process is not { } running) return;
        process = null;
        await running.DisposeAsync();
    }

    /// <summary>What it knows of itself and the leader; null when it does not answer.</summary>
    public async Task<StatusResponse?> TryStatusAsync(CancellationToken ct = default)
    {
        try
        {
            return await new Maintenance.MaintenanceClient(channel).StatusAsync(new StatusRequest(), deadline: DateTime.UtcNow + Patience, cancellationToken: ct);
        }
        catch (RpcException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        channel.Dispose();
    }
}
