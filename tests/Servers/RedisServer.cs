using System.Net.Sockets;
using AkkaHa.Cli.Local;

namespace AkkaHa.Servers;

/// <summary>A server of Debian's Redis, to be compared with: on a free port, with its data in a temporary directory. It has every write on its disk before it answers.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string directory;
    private readonly ServerProcess process;

    private RedisServer(string directory, int port, ServerProcess process) => (this.directory, Port, this.process) = (directory, port, process);

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its process id.</summary>
    public int ProcessId => process.ProcessId;

    /// <summary>Started; it takes connections.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("akkaha-redis-").FullName;
        var port = LocalCluster.FreePorts(1)[0];
        var process = await ServerProcess.StartAsync(
            Path.Combine(directory, "redis.log"), "redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory, "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no");
        var server = new RedisServer(directory, port, process);
        try
        {
            await server.WaitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    private async Task WaitAsync()
    {
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < Patience; await Task.Delay(50))
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", Port);
                return;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }
        throw new TimeoutException($"redis-server took no connections within {Patience.TotalSeconds} s; see {directory}");
    }
}
