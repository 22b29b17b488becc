using System.Collections.Concurrent;
using System.Globalization;
using AkkaHa.ClientApi;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>What the client of a transaction was told in the end.</summary>
internal enum Told
{
    /// <summary>That nobody knows, or nothing at all.</summary>
    Unknown,

    Committed,

    /// <summary>Aborted, for good.</summary>
    Aborted,

    /// <summary>That it was certainly not done.</summary>
    NotDone,
}

/// <summary>Money moved from one account to another, under an id of its client's own.</summary>
internal sealed record Transfer(string Id, int From, int To, long Amount, Told Told);

/// <summary>Clients that move money between accounts, and write down what they were told of each transfer.</summary>
/// <param name="client">For those who wait until they know.</param>
/// <param name="hasty">For those who give up before a failover is over.</param>
internal sealed class Transfers(AkkaHaClient client, AkkaHaClient hasty)
{
    public const int Accounts = 100;
    public const long Start = 1000;

    private static readonly TimeSpan Think = TimeSpan.FromMilliseconds(60);

    private readonly ConcurrentDictionary<string, Transfer> open = new(StringComparer.Ordinal);

    public ConcurrentQueue<Transfer> Done { get; } = [];

    public static string Account(int number) => $"account/{number}";

    public Task OpenAccountsAsync() => client.Transactions.SubmitAsync(new TransactionBuilder().Then(then =>
    {
        for (var i = 0; i < Accounts; i++) then.Put(Account(i), $"{Start}");
    }));

    /// <summary>One that is under way just now.</summary>
    public async Task<Transfer> AnyOpenAsync()
    {
        while (true)
        {
            if (open.Values.FirstOrDefault() is { } one) return one;
            await Task.Delay(1);
        }
    }

    public async Task RunAsync(int seed, CancellationToken until)
    {
        var random = new Random(seed);
        while (!until.IsCancellationRequested)
        {
            var (from, to) = (random.Next(Accounts), random.Next(Accounts - 1));
            if (to >= from) to++;
            // One in three has a third participant, which only says that nobody has frozen the account.
            await MoveAsync(from, to, random.Next(1, 20), unlessFrozen: random.Next(3) == 0, seed % 2 == 0 ? hasty : client);
            await Task.Delay(Think * random.NextDouble(), CancellationToken.None);
        }
    }

    private async Task MoveAsync(int from, int to, long amount, bool unlessFrozen, AkkaHaClient by)
    {
        var transaction = new TransactionBuilder().Then(then => then.Add(Account(from), -amount).Add(Account(to), amount));
        if (unlessFrozen) transaction.IfAbsent($"frozen/{from}");
        TransactionId id;
        try
        {
            id = await by.Transactions.NewIdAsync(CancellationToken.None);
        }
        catch (UnavailableException)
        {
            return;
        }
        var transfer = new Transfer(id.Text, from, to, amount, Told.Unknown);
        open[transfer.Id] = transfer;
        try
        {
            await by.Transactions.SubmitAsync(transaction, id, CancellationToken.None);
            transfer = transfer with { Told = Told.Committed };
        }
        catch (AkkaHaException e)
        {
            transfer = transfer with
            {
                Told = e is TransactionAbortedException or TransactionConflictException ? Told.Aborted : e is UnavailableException or LimitExceededException ? Told.NotDone : Told.Unknown,
            };
        }
        open.TryRemove(transfer.Id, out _);
        Done.Enqueue(transfer);
    }

    /// <summary>All accounts, read in one transaction.</summary>
    public async Task<long[]> BalancesAsync()
    {
        var result = await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then =>
        {
            for (var i = 0; i < Accounts; i++) then.Get(Account(i));
        }));
        return [.. result.Results.Select(r => long.Parse(r.Value!.Value.Span, CultureInfo.InvariantCulture))];
    }
}
