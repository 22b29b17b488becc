namespace AkkaHa.ClientApi;

/// <summary>One node, as the node that was asked sees it.</summary>
/// <param name="Address">How nodes reach it: <c>akka.tcp://AkkaHa@host:port</c>.</param>
/// <param name="Incarnation">Fresh at every start of its actor system.</param>
/// <param name="Status">Joining, Up, Leaving, Exiting or Down.</param>
/// <param name="Reachable">Whether all others can reach it.</param>
/// <param name="Version">Of its build.</param>
/// <param name="Shards">How many it owns.</param>
/// <param name="Lease">What is left of its right to answer, at most; zero: run out, or not known.</param>
/// <param name="Uptime">Since this incarnation was started, by the clocks of two machines.</param>
/// <param name="Http">Where it serves HTTP.</param>
/// <param name="Grpc">Where it serves gRPC.</param>
public sealed record ClusterMember(
    string Address, string Incarnation, string Status, bool Reachable, string Version, int Shards, TimeSpan Lease, TimeSpan Uptime, string Http, string Grpc)
{
    /// <summary>What it told of itself when it joined.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}
