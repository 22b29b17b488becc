using AkkaHa.Chaos.Proxies;
using AkkaHa.Cli.Local;

namespace AkkaHa.Chaos.Nodes;

/// <summary>A node process and the proxies before it. Clients know only these; the process's own addresses are for control.</summary>
sealed class ChaosNode(int index, NodeProcess process, NodeLinks links)
{
    public int Index { get; } = index;

    public string Name => Process.Name;

    public NodeProcess Process { get; } = process;

    /// <summary>For clients, through a proxy.</summary>
    public string GrpcUrl => $"http://127.0.0.1:{links.Grpc}";

    /// <summary>For clients that mean this node and no other, through a proxy.</summary>
    public string HttpUrl => $"http://127.0.0.1:{links.Http}";

    /// <summary>The proxies before it and between it and the database.</summary>
    public IEnumerable<Proxy> Proxies(Network network, IReadOnlyDictionary<int, int> nodeByRemotePort, int? databasePort)
    {
        var ports = Process.Ports;
        yield return new Proxy(ports.Remote, links.RemoteBind, async (connection, ct) =>
        {
            var (origin, read) = await RemotingOrigin.ReadAsync(connection, ct);
            return nodeByRemotePort.TryGetValue(origin, out var from) && from != Index
                ? new Opening(network.Remoting(from, Index), read)
                : throw new InvalidDataException($"a remoting connection from port {origin}, which is no other node's");
        });
        yield return new Proxy(links.Grpc, ports.Grpc, Fixed(network.Clients(Index)));
        yield return new Proxy(links.Http, ports.Http, Fixed(network.Clients(Index)));
        if (databasePort is { } port) yield return new Proxy(links.Database, port, Fixed(network.Database(Index)));
    }

    private static Recognize Fixed(Route route) => (_, _) => ValueTask.FromResult(new Opening(route, ReadOnlyMemory<byte>.Empty));
}

/// <summary>The ports of a node's proxies, but for remoting, where the proxy has the advertised port and the node another.</summary>
sealed record NodeLinks(int RemoteBind, int Grpc, int Http, int Database);
