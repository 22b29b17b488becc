using System.Globalization;
using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Moves money between a hundred accounts: by reading, validating and writing, and by adding.</summary>
sealed class Bank(string name, AkkaHaClient client, Bench bench, int seed) : Workload(name, bench, seed)
{
    public const long StartBalance = 1000;

    public override TimeSpan Think => TimeSpan.FromMilliseconds(40);

    protected override Task StepAsync()
    {
        var (from, to) = (Random.Next(Names.Accounts), Random.Next(Names.Accounts - 1));
        if (to >= from) to++;
        return TransferAsync(from, to, Random.Next(1, 20), Random.Next(2) == 0);
    }

    private async Task TransferAsync(int from, int to, long amount, bool byReading)
    {
        Use(EntityId.Key(Names.Account(from)));
        Use(EntityId.Key(Names.Account(to)));
        var move = new TransferOperation(Name, Now, 0, Outcome.Ok, "", from, to, amount) { Conditional = byReading };
        try
        {
            if (byReading) await MoveByReadingAsync(from, to, amount);
            else await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Add(Names.Account(from), -amount).Add(Names.Account(to), amount)));
        }
        catch (AkkaHaException e)
        {
            var id = (e as OutcomeUnknownException)?.RequestId ?? "";
            move = move with { Outcome = Bench.OutcomeOf(e), Id = id };
            if (move.Outcome == Outcome.Unknown && id.Length > 0) Bench.InDoubt.Enqueue(id);
        }
        Bench.Recorder.Add(move with { End = Now });
    }

    private Task MoveByReadingAsync(int from, int to, long amount) => client.Transactions.RunAsync(async tx =>
    {
        var source = await BalanceAsync(tx, from);
        var target = await BalanceAsync(tx, to);
        tx.Put(Names.Account(from), $"{source - amount}");
        tx.Put(Names.Account(to), $"{target + amount}");
    });

    private static async Task<long> BalanceAsync(Transaction tx, int account) =>
        // An account that is not there is worth nothing; that something is missing, the sum will show.
        long.Parse(await tx.GetStringAsync(Names.Account(account)) ?? "0", CultureInfo.InvariantCulture);

    /// <summary>All accounts, with the same money in each.</summary>
    public static Task OpenAsync(AkkaHaClient client) => client.Transactions.RunAsync(tx =>
    {
        for (var i = 0; i < Names.Accounts; i++) tx.Put(Names.Account(i), $"{StartBalance}");
        return Task.CompletedTask;
    });
}
