using System.Net;
using System.Net.Sockets;

namespace AkkaHa.Cli.Local;

/// <summary>A cluster of node processes on this machine, for the demonstration and for tests.</summary>
public sealed class LocalCluster : IAsyncDisposable
{
    private LocalCluster(string directory, IReadOnlyList<NodeProcess> nodes)
    {
        Directory = directory;
        Nodes = nodes;
    }

    /// <summary>Holds the data and the logs.</summary>
    public string Directory { get; }

    /// <summary>The nodes, in the order of their names.</summary>
    public IReadOnlyList<NodeProcess> Nodes { get; }

    /// <summary>What a client connects to: the gRPC addresses of all nodes.</summary>
    public string Endpoints => string.Join(',', Nodes.Select(n => n.GrpcUrl));

    /// <summary>Keeps data and logs on disposal.</summary>
    public bool Keep { get; set; }

    /// <summary>Nodes on free ports that share one SQLite file in a temporary directory, unless the settings say otherwise. None is started.</summary>
    public static LocalCluster Create(int count, params IEnumerable<string> settings) => Create(count, _ => settings);

    /// <summary>The same, with settings of each node's own.</summary>
    public static LocalCluster Create(int count, Func<NodePorts, IEnumerable<string>> settings)
    {
        var ports = FreePorts(4 * count);
        return Create([.. Enumerable.Range(0, count).Select(i => new NodePorts(ports[4 * i], ports[(4 * i) + 1], ports[(4 * i) + 2], ports[(4 * i) + 3]))], settings);
    }

    /// <summary>The same, on ports that were chosen before.</summary>
    public static LocalCluster Create(IReadOnlyList<NodePorts> of, Func<NodePorts, IEnumerable<string>> settings)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("akkaha-").FullName;
        var seeds = of.Select((p, i) => $"--AkkaHa:Cluster:SeedNodes:{i}=akka.tcp://AkkaHa@127.0.0.1:{p.Remote}").ToArray();
        string[] all = [$"--AkkaHa:DataDirectory={Path.Combine(directory, "data")}", .. seeds];
        return new LocalCluster(directory, [.. of.Select((p, i) => new NodeProcess($"node-{i + 1}", p, [.. all, .. settings(p)], Path.Combine(directory, $"node-{i + 1}.log")))]);
    }

    /// <summary>Starts all nodes and waits until each is ready.</summary>
    public async Task StartAsync(TimeSpan atMost, CancellationToken ct = default)
    {
        foreach (var node in Nodes) node.Start();
        await Task.WhenAll(Nodes.Select(n => n.WaitReadyAsync(atMost, ct)));
    }

    /// <summary>The node with this address.</summary>
    public NodeProcess ByAddress(string address) => Nodes.Single(n => n.Address == address);

    /// <summary>Ports of 127.0.0.1 that were free a moment ago, from below the range that outgoing connections take theirs from.</summary>
    public static int[] FreePorts(int count)
    {
        var ports = new List<int>(count);
        while (ports.Count < count)
        {
            // Each is given out once: two who ask at the same time must not be given the same.
            var next = PortSlice.Next();
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, next));
                ports.Add(next);
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
        return [.. ports];
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
        if (Keep) return;
        try
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"{Directory} could not be removed: {e.Message}");
        }
    }
}
