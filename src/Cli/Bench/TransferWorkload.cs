using System.Globalization;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Bench;

/// <summary>Moves money between two random accounts: reads both, writes both, in one transaction. At the end all of the money must be there.</summary>
sealed class TransferWorkload(AkkaHaClient client, BenchOptions options) : Workload(client, options)
{
    const long Opening = 1_000_000;

    readonly int accounts = Math.Max(2, options.Spread);

    public override Task PrepareAsync(CancellationToken cancel) =>
        ForAllAsync(Enumerable.Range(0, accounts), i => Client.Keys.PutAsync(Account(i), Text(Opening), cancellationToken: cancel), cancel);

    public override Task RunAsync(int client, CancellationToken cancel)
    {
        var from = Random.Shared.Next(accounts);
        var to = (from + 1 + Random.Shared.Next(accounts - 1)) % accounts;
        return Client.Transactions.RunAsync(async tx =>
        {
            var (one, other) = (await BalanceAsync(tx, from, cancel), await BalanceAsync(tx, to, cancel));
            tx.Put(Account(from), Text(one - 1));
            tx.Put(Account(to), Text(other + 1));
        }, cancel);
    }

    public override async Task<string?> CheckAsync(CancellationToken cancel)
    {
        long sum = 0;
        var count = 0;
        await foreach (var account in Client.Keys.ListAsync(Options.Prefix, new ListOptions { PageSize = 1000 }, cancel)) (sum, count) = (sum + Number(account.Text), count + 1);
        return sum == Opening * accounts && count == accounts ? null : $"{count} accounts have {sum} together, where {accounts} had {Opening * accounts}";
    }

    public override Task CleanUpAsync(CancellationToken cancel) => DeleteKeysAsync(cancel);

    async Task<long> BalanceAsync(Transaction tx, int account, CancellationToken cancel) =>
        Number(await tx.GetStringAsync(Account(account), cancel) ?? throw new InvalidOperationException($"account {account} is gone: somebody else works below {Options.Prefix}"));

    string Account(int number) => $"{Options.Prefix}account/{Text(number)}";

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
