using System.Globalization;
using System.Text;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Demo;

/// <summary>What is in all accounts together.</summary>
/// <param name="Money">The sum of the balances.</param>
/// <param name="Lowest">The lowest balance.</param>
/// <param name="Revisions">The sum of the accounts' revisions: each transfer makes two.</param>
sealed record AccountsTotal(long Money, long Lowest, long Revisions);

/// <summary>Opens the accounts, and sums them up.</summary>
static class Accounts
{
    // A transaction takes 128 keys at most.
    const int Batch = 100;

    /// <summary>Opens all accounts, a hundred in each transaction.</summary>
    public static async Task OpenAsync(AkkaHaClient client, CancellationToken cancel)
    {
        var balance = DemoNames.OpeningBalance.ToString(CultureInfo.InvariantCulture);
        foreach (var accounts in DemoNames.Accounts().Chunk(Batch))
        {
            var opening = new TransactionBuilder().Then(then =>
            {
                foreach (var account in accounts) then.Put(account, balance);
            });
            await client.Transactions.SubmitAsync(opening, cancellationToken: cancel);
        }
    }

    /// <summary>Sums them up. Reads a hundred at one moment, so all of it is true at once only while nobody transfers.</summary>
    public static async Task<AccountsTotal> TotalAsync(AkkaHaClient client, CancellationToken cancel)
    {
        var (money, lowest, revisions) = (0L, long.MaxValue, 0L);
        foreach (var accounts in DemoNames.Accounts().Chunk(Batch))
        {
            var reading = new TransactionBuilder().Then(then =>
            {
                foreach (var account in accounts) then.Get(account);
            });
            foreach (var account in (await client.Transactions.SubmitAsync(reading, cancellationToken: cancel)).Results)
            {
                if (account.Value is not { } value) throw new DemoFailedException($"{account.Key} is gone");
                var balance = long.Parse(Encoding.UTF8.GetString(value.Span), CultureInfo.InvariantCulture);
                money += balance;
                lowest = Math.Min(lowest, balance);
                revisions += account.Revision;
            }
        }
        return new AccountsTotal(money, lowest, revisions);
    }
}
