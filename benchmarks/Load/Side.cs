
namespace AkkaHa.Load;

/// <summary>What is killed in one round.</summary>
/// <param name="Turn">Why this one.</param>
/// <param name="Name">Which process.</param>
/// <param name="Owns">The lanes that are expected to stall.</param>
/// <param name="KillAsync">SIGKILL.</param>
/// <param name="StartAsync">Starts it again.</param>
/// <param name="WaitBackAsync">Returns when all is as before.</param>
public sealed record Victim(string Turn, string Name, Predicate<Lane> Owns, Func<Task> KillAsync, Func<Task> StartAsync, Func<CancellationToken, Task> WaitBackAsync);

/// <summary>One of those compared.</summary>
public interface ISide : IAsyncDisposable
{
    /// <summary>Who is asked.</summary>
    IKeyTarget Target { get; }

    /// <summary>What for, and how it was answered.</summary>
    LaneSet Lanes { get; }

    /// <summary>Whose turn it is.</summary>
    Task<Victim> ChooseAsync(int round, CancellationToken ct);
}
