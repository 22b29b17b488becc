using System.Buffers.Binary;
using AkkaHa.Compare.Systems;

namespace AkkaHa.Compare;

/// <summary>A workload that is under way: one operation of one client.</summary>
internal sealed record Running(Func<int, Task> Operate, Func<ValueTask> Close) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Close();
}

/// <summary>What is done, the same for every system.</summary>
/// <param name="Name">As the rows have it.</param>
/// <param name="What">For people.</param>
/// <param name="OpenAsync">Makes ready for so many clients.</param>
/// <param name="Uses">Calls that together use all that its operations choose from by chance; null: each client has its own.</param>
internal sealed record Workload(string Name, string What, Func<ISystem, int, Task<Running>> OpenAsync, IEnumerable<Func<ISystem, Task>>? Uses = null)
{
    public const int Keys = 1_000;
    public const int Accounts = 1_000;
    public const int HotAccounts = 10;
    public const int Sessions = 10_000;
    private const int LocksOfAClient = 16;
    private const int AtOnce = 64;
    private const long Balance = 1_000_000_000;

    public static IReadOnlyList<Workload> All { get; } =
    [
        new("put", $"a write of 64 bytes to one of {Keys:N0} keys", Each((system, random) => system.PutAsync(Key(random), new byte[64])), EachKey()),
        new("get", $"a linearizable read of one of {Keys:N0} keys", Each((system, random) => system.GetAsync(Key(random))), EachKey()),
        new("lock", $"acquire and release, of {LocksOfAClient} locks that each client has for itself", SpreadLocksAsync),
        new("hot-lock", "acquire and release of one lock that all want", (system, _) => Open(client => system.LockAsync(client, "lock/hot"))),
        new("transfer", $"1 moved between two of {Accounts:N0} balances, in each system's shortest way", Each((system, random) => Pair(random, "account", Accounts, system.TransferAsync)), EachPair("account", Accounts)),
        new("transfer-hot", $"the same, of {HotAccounts}", Each((system, random) => Pair(random, "hot-account", HotAccounts, system.TransferAsync)), EachPair("hot-account", HotAccounts)),
        new("keepalive", $"one of {Sessions:N0} sessions kept alive", (system, clients) => Of(clients, (random, client) => system.KeepAliveAsync(client, random.Next(Sessions)))),
        new("watch", "from a put until a watch of the key has told of it", WatchesAsync),
        new(Checked, "as transfer, but both balances are read first, and must not have changed", Each((system, random) => Pair(random, "account", Accounts, system.TransferCheckedAsync)), EachPair("account", Accounts)),
    ];

    /// <summary>Only when it is asked for.</summary>
    public const string Checked = "transfer-checked";

    /// <summary>All that workloads expect to be there.</summary>
    public static async Task FillAsync(ISystem system, IReadOnlyCollection<string> workloads, int clients, CancellationToken ct)
    {
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await system.PrepareAsync(clients);
        await Parallel.ForAsync(0, Keys, atOnce, async (key, _) => await system.PutAsync($"key/{key}", new byte[64]));
        await Parallel.ForAsync(0, Accounts, atOnce, async (account, _) => await system.CreateAccountAsync($"account/{account}", Balance));
        for (var account = 0; account < HotAccounts; account++) await system.CreateAccountAsync($"hot-account/{account}", Balance);
        if (workloads.Contains("keepalive")) await system.CreateSessionsAsync(Sessions);
    }

    /// <summary>Uses all that its operations choose from: AkkaHa's keys sleep two minutes after their last call, and chance would leave some of them asleep.</summary>
    public Task UseAllAsync(ISystem system, CancellationToken ct) =>
        Parallel.ForEachAsync(Uses ?? [], new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (use, _) => await use(system));

    private static IEnumerable<Func<ISystem, Task>> EachKey() => Enumerable.Range(0, Keys).Select(i => (Func<ISystem, Task>)(system => system.GetAsync($"key/{i}")));

    private static IEnumerable<Func<ISystem, Task>> EachPair(string kind, int of) =>
        Enumerable.Range(0, of / 2).Select(i => (Func<ISystem, Task>)(system => system.TransferAsync($"{kind}/{2 * i}", $"{kind}/{(2 * i) + 1}")));

    private static string Key(Random random) => $"key/{random.Next(Keys)}";

    private static Task Pair(Random random, string kind, int of, Func<string, string, Task> transfer)
    {
        var from = random.Next(of);
        var to = (from + 1 + random.Next(of - 1)) % of;
        return transfer($"{kind}/{from}", $"{kind}/{to}");
    }

    private static async Task<Running> SpreadLocksAsync(ISystem system, int clients)
    {
        // Each has been taken once: keys and accounts are there before they are measured, too.
        await Parallel.ForAsync(0, clients, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (client, _) =>
        {
            for (var turn = 0; turn < LocksOfAClient; turn++) await system.LockAsync(client, $"lock/{client}/{turn}");
        });
        var turns = new int[clients];
        return await Open(client => system.LockAsync(client, $"lock/{client}/{turns[client]++ % LocksOfAClient}"));
    }

    private static async Task<Running> WatchesAsync(ISystem system, int clients)
    {
        var watched = new List<WatchedKey>();
        for (var client = 0; client < clients; client++) watched.Add(await WatchedKey.OpenAsync(system, $"watched/{client}"));
        return new Running(client => watched[client].PutAndSeeAsync(), async () =>
        {
            foreach (var key in watched) await key.DisposeAsync();
        });
    }

    private static Func<ISystem, int, Task<Running>> Each(Func<ISystem, Random, Task> operate) => (system, clients) => Of(clients, (random, _) => operate(system, random));

    private static Task<Running> Of(int clients, Func<Random, int, Task> operate)
    {
        // The same choices in every system, and in every run.
        var randoms = Enumerable.Range(0, clients).Select(seed => new Random(seed)).ToArray();
        return Open(client => operate(randoms[client], client));
    }

    private static Task<Running> Open(Func<int, Task> operate) => Task.FromResult(new Running(operate, () => ValueTask.CompletedTask));
}

/// <summary>A key that somebody watches, and one client that writes it and waits until the watch has told.</summary>
internal sealed class WatchedKey(ISystem system, string key) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OpenWithin = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private IAsyncDisposable? watch;
    private long written;
    private TaskCompletionSource seen = new();

    public static async Task<WatchedKey> OpenAsync(ISystem system, string key)
    {
        var watched = new WatchedKey(system, key);
        watched.watch = await system.WatchAsync(key, watched.Saw);
        // A watch may begin a moment after it was asked for.
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < OpenWithin;)
        {
            var told = watched.PutAndSeeAsync();
            if (await Task.WhenAny(told, Task.Delay(500)) == told)
            {
                await told;
                return watched;
            }
            _ = told.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
        }
        throw new TimeoutException($"{system.Name}: the watch of {key} has told nothing within {OpenWithin.TotalSeconds} s");
    }

    public async Task PutAndSeeAsync()
    {
        var value = new byte[64];
        Task told;
        lock (gate)
        {
            BinaryPrimitives.WriteInt64LittleEndian(value, ++written);
            seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            told = seen.Task;
        }
        await system.PutAsync(key, value);
        await told.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (watch is not null) await watch.DisposeAsync();
    }

    private void Saw(ReadOnlyMemory<byte> value)
    {
        lock (gate)
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(value.Span) >= written) seen.TrySetResult();
        }
    }
}
