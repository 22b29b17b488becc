namespace AkkaHa.Node.Entities;

/// <summary>
/// Ends an activation, at hand-over or when it is idle: after the write in flight, never instead of it. (A PoisonPill would lose the commands that
/// have been taken in but not decided.)
/// </summary>
internal sealed class StopEntity
{
    public static readonly StopEntity Instance = new();

    private StopEntity()
    {
    }
}
