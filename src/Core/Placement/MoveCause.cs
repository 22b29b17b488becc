namespace AkkaHa.Core.Placement;

/// <summary>Why a shard moves between two assignments.</summary>
public enum MoveCause
{
    /// <summary>
    /// To a node that joined or gained weight, or from one that left or lost weight. These are the only moves that a ring without a bound makes.
    /// </summary>
    Ring,

    /// <summary>
    /// Between nodes of which neither the one gained nor the other lost: only the bound, which changes for all with every join and leave, can do that.
    /// </summary>
    Bound,
}
