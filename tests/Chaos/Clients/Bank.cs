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
            var (left, got) = byReading ? await MoveByReadingAsync(from, to, amount) : await MoveByAddingAsync(from, to, amount);
            move = move with { FromRevision = left, ToRevision = got };
        }
        catch (AkkaHaException e)
        {
            var id = (e as OutcomeUnknownException)?.RequestId ?? "";
            move = move with { Outcome = Bench.OutcomeOf(e), Id = id };
            if (move.Outcome == Outcome.Unknown && id.Length > 0) Bench.InDoubt.Enqueue(id);
        }
        Bench.Recorder.Add(move with { End = Now });
    }

    /// <summary>The revisions of both afterwards.</summary>
    private async Task<(long? From, long? To)> MoveByAddingAsync(int from, int to, long amount)
    {
        var done = await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Add(Names.Account(from), -amount).Add(Names.Account(to), amount)));
        // A repeat that comes late is told that it was done, but not what came of it.
        return done.Results is [var left, var got] ? (left.Revision.Value, got.Revision.Value) : (null, null);
    }

    private Task<(long? From, long? To)> MoveByReadingAsync(int from, int to, long amount) => client.Transactions.RunAsync<(long? From, long? To)>(async tx =>
    {
        var source = await tx.GetAsync(Names.Account(from));
        var target = await tx.GetAsync(Names.Account(to));
        tx.Put(Names.Account(from), $"{BalanceOf(source) - amount}");
        tx.Put(Names.Account(to), $"{BalanceOf(target) + amount}");
        // What was read is still so when it is written.
        return (source?.Revision.Value + 1, target?.Revision.Value + 1);
    });

    // An account that is not there is worth nothing; that something is missing, the sum will show.
    private static long BalanceOf(KeyEntry? account) => long.Parse(account?.Text ?? "0", CultureInfo.InvariantCulture);

    /// <summary>All accounts, with the same money in each.</summary>
    public static Task OpenAsync(AkkaHaClient client) => client.Transactions.RunAsync(tx =>
    {
        for (var i = 0; i < Names.Accounts; i++) tx.Put(Names.Account(i), $"{StartBalance}");
        return Task.CompletedTask;
    });
}
