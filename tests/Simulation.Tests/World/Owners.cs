namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// What no client can see at once, and all safety rests on: at any moment at most one node's gate is open for a shard. Left out where it is to be shown
/// that clients see what a missing rule does.
/// </summary>
sealed class Owners(SimulatedWorld world)
{
    public bool IsWatching { get; set; } = true;

    /// <summary>A gate has been asked.</summary>
    public void Gate(Node asked, int shard, long epoch, bool open)
    {
        if (!open || !IsWatching) return;
        foreach (var other in world.Cluster.Nodes)
            if (other != asked && other.HasOpen(shard)) world.Fail("owning", $"{asked} answers for shard {shard} as #{epoch}, and so may {other}");
    }
}
