namespace AkkaHa.Chaos.Proxies;

/// <summary>All directions between nodes, between clients and nodes, and between nodes and the database. Nodes are numbers.</summary>
sealed class Network
{
    private readonly Dictionary<(int From, int To), Direction> between = [];
    private readonly Route[] clients;
    private readonly Route[] database;

    public Network(int nodes, int seed)
    {
        Direction New() => new(seed++);
        for (var from = 0; from < nodes; from++)
            for (var to = 0; to < nodes; to++)
                if (from != to) between[(from, to)] = New();
        clients = [.. Enumerable.Range(0, nodes).Select(_ => new Route(New(), New()))];
        database = [.. Enumerable.Range(0, nodes).Select(_ => new Route(New(), New()))];
        Nodes = nodes;
    }

    public int Nodes { get; }

    /// <summary>From one node to another.</summary>
    public Direction Between(int from, int to) => between[(from, to)];

    /// <summary>Of connections that one node opens to another.</summary>
    public Route Remoting(int from, int to) => new(Between(from, to), Between(to, from));

    /// <summary>Of connections from clients to a node.</summary>
    public Route Clients(int node) => clients[node];

    /// <summary>Of connections from a node to the database.</summary>
    public Route Database(int node) => database[node];

    /// <summary>Everything that a node sends to other nodes, or gets from them.</summary>
    public IEnumerable<Direction> From(int node) => between.Where(d => d.Key.From == node).Select(d => d.Value);

    /// <inheritdoc cref="From"/>
    public IEnumerable<Direction> To(int node) => between.Where(d => d.Key.To == node).Select(d => d.Value);

    /// <summary>Both directions of every link of a node: to other nodes, to clients, to the database.</summary>
    public IEnumerable<Direction> Of(int node) => [.. From(node), .. To(node), clients[node].Forth, clients[node].Back, database[node].Forth, database[node].Back];
}
