using AkkaHa.Core.Placement;

namespace AkkaHa.Cli.Ring;

/// <summary>What AkkaHa does: <see cref="HashRing"/>.</summary>
sealed class BoundedRing(int replicas) : IPlacement
{
    public string Name => "bounded ring";

    public bool Bounded => true;

    public string[] Place(IReadOnlyList<string> nodes, int shards)
    {
        var ring = HashRing.Of(
            nodes.Select(node => new RingNode(node)), new RingOptions { Shards = shards, Replicas = replicas });
        return [.. Enumerable.Range(0, shards).Select(ring.NodeFor)];
    }
}
