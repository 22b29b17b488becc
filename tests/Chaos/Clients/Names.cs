namespace AkkaHa.Chaos.Clients;

/// <summary>
/// The names that clients use at a moment. They change now and then, so that no search of the judge has to deal with the unknowns of a whole run; not
/// all at once where that is possible, since a node that was paused must find names in use that it knows from before.
/// </summary>
static class Names
{
    public const int Registers = 12;
    public const int Locks = 6;
    public const int Lists = 6;
    public const int Cells = 6;
    public const int Accounts = 100;
    public const int SessionLocks = 4;
    public const int Semaphores = 2;

    private const long Second = 1_000_000;
    private const long RegisterLife = 40 * Second;
    private const long LockLife = 60 * Second;
    private const long ListLife = 10 * Second;

    /// <param name="i">Which of them.</param>
    /// <param name="now">Microseconds of the run.</param>
    /// <param name="back">The one so many generations ago.</param>
    public static string Register(int i, long now, int back = 0) => $"register/{i}/{Math.Max(0, Generation(i, Registers, RegisterLife, now) - back)}";

    /// <inheritdoc cref="Register"/>
    public static string Lock(int i, long now, int back = 0) => $"lock/{i}/{Math.Max(0, Generation(i, Locks, LockLife, now) - back)}";

    /// <summary>A name is a semaphore or a lock, not both at one time.</summary>
    public static string Semaphore(int i, long now) => $"semaphore/{i}/{Generation(i, Semaphores, LockLife, now)}";

    /// <summary>Locks of those who are about their sessions: held until the session ends, so nobody else wants them.</summary>
    public static string OfSessions(int i, long now) => $"session-lock/{i}/{Generation(i, SessionLocks, LockLife, now)}";

    /// <summary>The key that is written under a lock alone.</summary>
    public static string Guarded(string name) => $"guarded/{name}";

    /// <summary>Lists of one generation share transactions, so they change all at once.</summary>
    public static string List(int i, long now) => $"list/{now / ListLife}/{i}";

    /// <summary>Registers that are read and written several at a time, and never deleted.</summary>
    public static string Cell(int i, long now) => $"cell/{now / ListLife}/{i}";

    public static string Account(int i) => $"account/{i}";

    private static long Generation(int i, int count, long life, long now) => (now + (i * life / count)) / life;
}
