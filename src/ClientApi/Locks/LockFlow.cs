using AkkaHa.ClientApi.Errors;

namespace AkkaHa.ClientApi;

/// <summary>
/// One thread of execution, for the detection of deadlocks: what is acquired between <see cref="Begin"/> and its disposal, also in what is awaited there, is held and waited for by it.
/// A cycle of such waits is found within a second, and its youngest wait ends with <see cref="DeadlockException"/>.
/// </summary>
/// <remarks>
/// Begin one for each piece of work that holds a lock while it waits for the next. Do not share one among tasks that run at the same time: each could then be taken to wait for what
/// another of them holds.
/// </remarks>
public sealed class LockFlow : IDisposable
{
    private static readonly AsyncLocal<LockFlow?> s_current = new();

    private readonly LockFlow? _outer;

    private LockFlow(string id, LockFlow? outer)
    {
        Id = id;
        _outer = outer;
    }

    /// <summary>Its id, as others see it in the cycle of a deadlock.</summary>
    public string Id { get; }

    /// <summary>The one that was begun last here and not disposed; null: none.</summary>
    public static LockFlow? Current => s_current.Value;

    /// <summary>Begins a flow.</summary>
    /// <param name="id">1 to 64 UTF-8 bytes; left out: a fresh one.</param>
    /// <exception cref="InvalidArgumentException">A bad id.</exception>
    public static LockFlow Begin(string? id = null)
    {
        if (id is not null) Require.Id("flow", id);
        return s_current.Value = new LockFlow(id ?? Guid.CreateVersion7().ToString("D"), s_current.Value);
    }

    /// <summary>Ends it: what is acquired from now on belongs to the flow around it, if there is one.</summary>
    public void Dispose()
    {
        if (s_current.Value == this) s_current.Value = _outer;
    }
}
