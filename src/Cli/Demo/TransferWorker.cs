using System.Collections.Concurrent;
using System.Globalization;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Demo;

/// <summary>
/// Moves money between two random accounts, which live on any two nodes, by a transaction: read both, check that there is enough, write both.
/// </summary>
sealed class TransferWorker(AkkaHaClient client, WorkerKind kind, Lane lane, ConcurrentBag<TransactionId> unknown)
{
    const int LargestAmount = 100;

    /// <summary>Works until it is told to stop, which it does between two transfers.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var from = Random.Shared.Next(DemoNames.AccountCount);
            var to = (from + 1 + Random.Shared.Next(DemoNames.AccountCount - 1)) % DemoNames.AccountCount;
            try
            {
                if (await TransferAsync(DemoNames.Account(from), DemoNames.Account(to), 1 + Random.Shared.Next(LargestAmount))) lane.Succeeded();
            }
            catch (AkkaHaException e) when (WorkerKind.IsPartOfLife(e))
            {
                kind.Refused(e);
                if (e is OutcomeUnknownException { RequestId: { } id }) unknown.Add(new TransactionId(id));
            }
        }
    }

    /// <summary>False when the account does not have as much: then nothing is moved.</summary>
    Task<bool> TransferAsync(string from, string to, long amount) => client.Transactions.RunAsync(async transaction =>
    {
        var reads = await Task.WhenAll(transaction.GetStringAsync(from), transaction.GetStringAsync(to));
        var (has, gets) = (Balance(reads[0], from), Balance(reads[1], to));
        if (has < amount) return false;
        transaction.Put(from, (has - amount).ToString(CultureInfo.InvariantCulture));
        transaction.Put(to, (gets + amount).ToString(CultureInfo.InvariantCulture));
        return true;
    });

    static long Balance(string? text, string account) =>
        text is null ? throw new DemoFailedException($"{account} is gone") : long.Parse(text, CultureInfo.InvariantCulture);
}
