using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>What to acquire: which lock, and how it is to be held. A name alone means the whole lock: <c>AcquireAllAsync(["a", "b"])</c>.</summary>
/// <param name="Name">1 to 512 UTF-8 bytes; <c>/</c> separates segments.</param>
public sealed record LockRequest(string Name)
{
    /// <summary>How it is held. Default: by one alone.</summary>
    public LockMode Mode { get; init; } = LockMode.Exclusive;

    /// <summary>Of a semaphore: how many permits this holder takes, 1 to <see cref="Limit"/>. Default 1.</summary>
    public int Permits { get; init; } = 1;

    /// <summary>Of a semaphore: how many permits there are, 1 or more; the same for all who hold or wait at one time. No default.</summary>
    public int Limit { get; init; }

    /// <summary>
    /// Whose wait this is, for the detection of deadlocks; up to 64 UTF-8 bytes. Default: that of the <see cref="LockFlow"/> that was begun; without one, the wait is not looked at.
    /// </summary>
    public string? Flow { get; init; }

    /// <summary>
    /// The session that it hangs on, which somebody else keeps alive or which runs out: see <see cref="SessionClient.CreateAsync"/>. Default: the client's own. Another than that is not replaced when it ends. Of several
    /// locks that are acquired together, the first says it for all. The client keeps it alive while it waits for the lock, and once more with the grant; not afterwards. So
    /// <see cref="AcquiredLock.LostToken"/> is cancelled when a tenth of its time to live is left since then, although somebody else may keep it alive: this client does not know. Disposing gives the lock back all the same, for as long
    /// as the session lives.
    /// </summary>
    public SessionId? Session { get; init; }

    /// <summary>By one alone.</summary>
    public static LockRequest Exclusive(string name) => new(name);

    /// <summary>Beside any number of others that share it.</summary>
    public static LockRequest Shared(string name) => new(name) { Mode = LockMode.Shared };

    /// <summary>Beside shared holders, by one that may become exclusive.</summary>
    public static LockRequest Upgradeable(string name) => new(name) { Mode = LockMode.Upgradeable };

    /// <summary>So many permits of a limit.</summary>
    public static LockRequest Semaphore(string name, int permits, int limit) => new(name) { Mode = LockMode.Semaphore, Permits = permits, Limit = limit };

    /// <summary>The lock of this name, alone.</summary>
    public static implicit operator LockRequest(string name) => new(name);

    internal string FlowId => Flow ?? LockFlow.Current?.Id ?? "";

    internal void Check()
    {
        Require.Name("name", Name);
        if (Names.CheckId("flow", FlowId) is { } wrong) throw new InvalidArgumentException(wrong);
        if (Session is { } session) Require.Id("session", session.Text);
        if (!Enum.IsDefined(Mode)) throw new InvalidArgumentException($"mode is {Mode}, which is none");
        if (Mode == LockMode.Semaphore)
        {
            if (Limit < 1) throw new InvalidArgumentException($"limit is {Limit}; it must be 1 or more");
            if (Permits < 1 || Permits > Limit) throw new InvalidArgumentException($"permits is {Permits}; it must be 1 to the limit, {Limit}");
        }
        else if (Permits != 1 || Limit != 0)
            throw new InvalidArgumentException($"permits and limit are a semaphore's; lock '{Name}' is asked for in mode {Mode}");
    }

    // The other modes have none: left out on the wire, as older clients do.
    internal int WirePermits => Mode == LockMode.Semaphore ? Permits : 0;

    internal Wire.LockWish ToWish() => new() { Name = Name, Mode = (Wire.LockMode)Mode, Permits = WirePermits, Limit = Limit };
}
