using System.Globalization;
using System.Text;
using AkkaHa.ClientApi;

namespace AkkaHa.Growth;

/// <summary>What one client does, again and again.</summary>
internal static class Loads
{
    private const int LocksOfAClient = 16;
    private static readonly byte[] Value = new byte[64];

    /// <summary>A write to one of the first so many keys with this prefix.</summary>
    public static Func<int, Task> Put(AkkaHaClient client, string prefix, int of) => _ => client.Keys.PutAsync($"{prefix}{Random.Shared.Next(of)}", Value);

    /// <summary>A write to a key that was not there.</summary>
    public static Func<int, Task> Create(AkkaHaClient client, string prefix)
    {
        var next = 0;
        return _ => client.Keys.PutAsync($"{prefix}/{Interlocked.Increment(ref next)}", Value);
    }

    /// <summary>A linearizable read.</summary>
    public static Func<int, Task> Get(AkkaHaClient client, string prefix, int of) => async _ =>
    {
        var name = $"{prefix}{Random.Shared.Next(of)}";
        if (await client.Keys.GetAsync(name) is null) throw new InvalidOperationException($"{name} is not there");
    };

    /// <summary>Acquire and release of a lock that nobody else wants.</summary>
    public static Func<int, Task> Lock(AkkaHaClient client)
    {
        var turns = new int[GrowthCluster.Clients];
        return async flow => await (await client.Locks.AcquireAsync($"own/{flow}/{turns[flow]++ % LocksOfAClient}")).ReleaseAsync();
    }

    /// <summary>1 from one balance to another.</summary>
    public static Func<int, Task> Transfer(AkkaHaClient client, int accounts) => async _ =>
    {
        var from = Random.Shared.Next(accounts);
        var to = (from + 1 + Random.Shared.Next(accounts - 1)) % accounts;
        await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Add(Account(from), -1).Add(Account(to), 1)));
    };

    /// <summary>The keys and balances that the others expect.</summary>
    public static async Task FillAsync(AkkaHaClient client, string prefix, int keys, int accounts, CancellationToken ct)
    {
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = GrowthCluster.Clients, CancellationToken = ct };
        await Parallel.ForAsync(0, keys, atOnce, async (key, cancel) => await client.Keys.PutAsync($"{prefix}{key}", Value, cancellationToken: cancel));
        await Parallel.ForAsync(0, accounts, atOnce, async (account, cancel) => await client.Keys.PutAsync(Account(account), Encoding.UTF8.GetBytes("1000000"), cancellationToken: cancel));
    }

    private static string Account(int number) => string.Create(CultureInfo.InvariantCulture, $"account/{number}");
}
