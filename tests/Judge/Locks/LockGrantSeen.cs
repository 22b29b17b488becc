namespace AkkaHa.Judge.Locks;

/// <summary>How a lock is held.</summary>
public enum LockUse
{
    /// <summary>Alone.</summary>
    Exclusive,

    /// <summary>Beside others that are shared, and one that is upgradeable.</summary>
    Shared,

    /// <summary>Beside shared ones.</summary>
    Upgradeable,

    /// <summary>With some of a number of permits.</summary>
    Semaphore,
}

/// <summary>A grant as its client saw it.</summary>
/// <param name="Lock">The lock.</param>
/// <param name="Holder">Session and holder id: a new name for each holding.</param>
/// <param name="Fence">The fence given.</param>
/// <param name="InvokedAt">When it was asked for.</param>
/// <param name="GrantedAt">When the client learnt that it has it.</param>
/// <param name="BelievedUntil">When it gave it back or, by its own clock, its session may have ended.</param>
public sealed record LockGrantSeen(string Lock, string Holder, long Fence, long InvokedAt, long GrantedAt, long BelievedUntil)
{
    /// <summary>How it is held.</summary>
    public LockUse Use { get; init; }

    /// <summary>Of a semaphore: how many.</summary>
    public int Permits { get; init; }

    /// <summary>Of a semaphore: of how many.</summary>
    public int Limit { get; init; }

    /// <summary>It took the place of an upgradeable grant of the same holder.</summary>
    public bool IsUpgrade { get; init; }
}

/// <summary>A write that was done under a fence, in the order of the store that it went to.</summary>
public sealed record GuardedWrite(string Lock, long Fence, string Written);
