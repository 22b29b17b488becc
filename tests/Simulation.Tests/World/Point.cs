using AkkaHa.Messages;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>Between which two steps.</summary>
enum Where
{
    /// <summary>State is read, nothing is decided yet.</summary>
    Recovered,

    /// <summary>A message, or an answer, is about to leave; earlier ones of the same turn have left.</summary>
    Leaving,

    /// <summary>All of a turn's messages have left.</summary>
    Left,

    /// <summary>The write was reported as stored; nothing that waited for it has left.</summary>
    Stored,

    /// <summary>A message has come as far as its receiver's node.</summary>
    Arriving,

    /// <summary>The receiver has it in its queue.</summary>
    Arrived,
}

/// <summary>A point of a run at which somebody can be struck.</summary>
/// <param name="Where">Between which two steps.</param>
/// <param name="Of">Whose.</param>
/// <param name="About">The effect, the command or the batch.</param>
readonly record struct Point(Where Where, EntityId Of, object? About = null);
