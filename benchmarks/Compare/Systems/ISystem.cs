namespace AkkaHa.Compare.Systems;

/// <summary>The names in the rows.</summary>
internal static class SystemNames
{
    public const string AkkaHa = "akkaha";
    public const string AkkaHaStandby = "akkaha-standby";
    public const string AkkaHaSqlite = "akkaha-sqlite";
    public const string Etcd = "etcd";
    public const string Postgres = "postgres";
    public const string Redis = "redis";

    public static IReadOnlyList<string> All { get; } = [AkkaHa, AkkaHaStandby, AkkaHaSqlite, Etcd, Postgres, Redis];
}

/// <summary>
/// One of those compared, running, and a client of it. Each does the same work in the way that it is made for, through one client object for all who ask at once. A call that returns was
/// acknowledged: done, and durable as the system promises it; everything else throws.
/// </summary>
internal interface ISystem : IAsyncDisposable
{
    string Name { get; }

    string Version { get; }

    /// <summary>How many there are of it, and what an acknowledged write has survived.</summary>
    string Promise { get; }

    /// <summary>Its processes; their children count too.</summary>
    IReadOnlyList<int> Processes { get; }

    /// <summary>Makes room for so many clients at once.</summary>
    Task PrepareAsync(int clients);

    Task PutAsync(string key, ReadOnlyMemory<byte> value);

    /// <summary>Linearizable; a key that is not there is an error.</summary>
    Task GetAsync(string key);

    /// <summary>Waits for a lock, and gives it back.</summary>
    Task LockAsync(int client, string name);

    Task CreateAccountAsync(string account, long balance);

    /// <summary>Moves 1 from one balance to another, both or neither, in the shortest way that the system has.</summary>
    Task TransferAsync(string from, string to);

    /// <summary>The same, but only if it is there: both balances are read before by the client.</summary>
    Task TransferCheckedAsync(string from, string to);

    /// <summary>Makes leases that only <see cref="KeepAliveAsync"/> prolongs.</summary>
    Task CreateSessionsAsync(int count);

    Task KeepAliveAsync(int client, int session);

    /// <summary>Tells <paramref name="seen"/> of every change of a key from now on, until disposed of.</summary>
    Task<IAsyncDisposable> WatchAsync(string key, Action<ReadOnlyMemory<byte>> seen);
}
