using System.Diagnostics.CodeAnalysis;

namespace AkkaHa.ClientApi;

/// <summary>
/// Under which lock a change is to be made: the servers check in the same step that it is still held with this fence. An
/// <see cref="AcquiredLock"/> is one by itself; make one for a fence that another process was granted and handed on.
/// </summary>
/// <param name="LockName">The lock.</param>
/// <param name="Fence">The number of the grant.</param>
public sealed record Guard(string LockName, Fence Fence)
{
    internal AcquiredLock? Held { get; init; }

    /// <summary>The guard of a lock that this client holds; null for null.</summary>
    [return: NotNullIfNotNull(nameof(held))]
    public static implicit operator Guard?(AcquiredLock? held) => held is null ? null : new Guard(held.Name, held.Fence) { Held = held };
}
