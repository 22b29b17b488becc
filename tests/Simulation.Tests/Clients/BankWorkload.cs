using AkkaHa.Judge;
using AkkaHa.Judge.Totals;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Transfers between accounts, by adding and by comparing; reads of all accounts; and counters that are only ever raised.</summary>
sealed class BankWorkload(int accounts) : IWorkload
{
    private const long Each = 100;

    private readonly List<Snapshot> reads = [];
    private readonly List<RevisionTold> told = [];
    private readonly List<Transfer> transfers = [];
    private readonly CounterTotal[] counters = [new("counter-0", 0, 0, 0), new("counter-1", 0, 0, 0)];

    private IEnumerable<string> Accounts => Enumerable.Range(0, accounts).Select(Account);

    public async Task Prepare(Client client)
    {
        var open = new TransactionRequest { TransactionId = "bank-open" };
        open.Then.Add(Accounts.Select(a => Transactions.Put(a, $"{Each}")));
        if (await client.Run(open) is { Reply.Transaction: null, IsCommittedWithoutResults: false }) throw new InvalidOperationException("the accounts could not be opened");
    }

    public Task Step(Client client) => client.Rng.Below(10) switch
    {
        < 3 => Read(client, 8000),
        < 6 => Add(client),
        < 8 => Compare(client),
        _ => Count(client),
    };

    private async Task<string[]?> Read(Client client, long giveUpMs)
    {
        for (var until = client.Now + giveUpMs; ;)
        {
            var from = client.Now;
            var request = new TransactionRequest { TransactionId = client.NewTransactionId("b"), Then = { Accounts.Select(Transactions.Get) } };
            var answer = client.Rng.Chance(0.5) ? await client.Snapshot(request, Math.Max(1, until - from)) : await client.Run(request, Math.Max(1, until - from));
            // The same again would not have the results either.
            if (answer.IsCommittedWithoutResults && client.Now < until) continue;
            if (answer.Reply?.Transaction is not { } result) return null;
            var seen = result.Results.Select(r => r.Text() ?? "0").ToArray();
            reads.Add(new Snapshot(request.TransactionId, from, client.Now, [.. seen.Select(long.Parse)], [.. result.Results.Select(r => r.Revision)]));
            return seen;
        }
    }

    private (int From, int To) Pair(Client client)
    {
        var from = client.Rng.Below(accounts);
        return (from, (from + 1 + client.Rng.Below(accounts - 1)) % accounts);
    }

    private static string Account(int account) => $"account-{account}";

    private Task Add(Client client)
    {
        var (from, to) = Pair(client);
        var amount = client.Rng.Between(1, 20);
        return Move(client, from, to, amount, new TransactionRequest
        {
            TransactionId = client.NewTransactionId("b"), DeadlineSeconds = client.Deadline(), Then = { Transactions.Add(Account(from), -amount), Transactions.Add(Account(to), amount) },
        });
    }

    private async Task Compare(Client client)
    {
        if (await Read(client, 8000) is not { } seen) return;
        var (from, to) = Pair(client);
        await Move(client, from, to, 5, new TransactionRequest
        {
            TransactionId = client.NewTransactionId("b"),
            Conditions = { Transactions.Value(Account(from), seen[from]), Transactions.Value(Account(to), seen[to]) },
            Then = { Transactions.Put(Account(from), $"{long.Parse(seen[from]) - 5}"), Transactions.Put(Account(to), $"{long.Parse(seen[to]) + 5}") },
        });
    }

    private async Task Move(Client client, int from, int to, long amount, TransactionRequest request)
    {
        var answer = await client.Run(request);
        bool? done = answer.Reply?.Transaction is { } result ? result.ConditionsHeld : answer.IsUnknown ? null : false;
        transfers.Add(new Transfer(request.TransactionId, from, to, amount, done));
        // Results are kept for some minutes only.
        if (done != true || answer.Reply!.Transaction.Results is not { Count: 2 } revisions) return;
        told.Add(new RevisionTold(from, revisions[0].Revision, answer.At, request.TransactionId));
        told.Add(new RevisionTold(to, revisions[1].Revision, answer.At, request.TransactionId));
    }

    private async Task Count(Client client)
    {
        var which = client.Rng.Below(counters.Length);
        var answer = await client.Run(new TransactionRequest { TransactionId = client.NewTransactionId("b"), Then = { Transactions.Add(counters[which].Key, 1) } });
        if (answer.Reply?.Transaction is not null || answer.IsCommittedWithoutResults) counters[which] = counters[which] with { Acknowledged = counters[which].Acknowledged + 1 };
        else if (answer.IsUnknown) counters[which] = counters[which] with { Unknown = counters[which].Unknown + 1 };
    }

    public async Task Finish(Client client)
    {
        if (await Read(client, 60_000) is null) client.World.Fail("healing", "the accounts could not be read");
        for (var i = 0; i < counters.Length; i++)
        {
            var key = counters[i].Key;
            var read = await client.Read(() => new TransactionRequest { TransactionId = client.NewTransactionId("b"), Then = { Transactions.Get(key) } }, 60_000);
            if (read.Reply?.Transaction is not { } result) client.World.Fail("healing", $"{counters[i].Key} could not be read");
            else counters[i] = counters[i] with { Value = long.Parse(result.Results[0].Text() ?? "0") };
        }
    }

    public IEnumerable<Violation> Judge() =>
    [
        .. TotalJudge.Money(Each * accounts, reads.Select(r => new Balance(r.By, r.AnsweredAt, r.Accounts))), .. SnapshotJudge.Judge(reads, told),
        .. TotalJudge.Ledger(Each, transfers, reads[^1].Accounts), .. TotalJudge.Counters(counters),
    ];
}
