using AkkaHa.Judge;
using AkkaHa.Judge.Totals;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Transfers between accounts, by adding and by comparing; reads of all accounts; and counters that are only ever raised.</summary>
sealed class BankWorkload(int accounts) : IWorkload
{
    private const long Each = 100;

    private readonly List<Balance> reads = [];
    private readonly CounterTotal[] counters = [new("counter-0", 0, 0, 0), new("counter-1", 0, 0, 0)];

    private IEnumerable<string> Accounts => Enumerable.Range(0, accounts).Select(i => $"account-{i}");

    public async Task Prepare(Client client)
    {
        var open = new TransactionRequest { TransactionId = "bank-open" };
        open.Then.Add(Accounts.Select(a => Transactions.Put(a, $"{Each}")));
        if ((await client.Run(open)).Reply?.Transaction is null) throw new InvalidOperationException("the accounts could not be opened");
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
        var request = new TransactionRequest { TransactionId = $"b-{client.Unique()}" };
        request.Then.Add(Accounts.Select(Transactions.Get));
        if ((await client.Run(request, giveUpMs)).Reply?.Transaction is not { } result) return null;
        var seen = result.Results.Select(r => r.Text() ?? "0").ToArray();
        reads.Add(new Balance(request.TransactionId, client.Now, [.. seen.Select(long.Parse)]));
        return seen;
    }

    private (string From, string To) Pair(Client client)
    {
        var from = client.Rng.Below(accounts);
        return ($"account-{from}", $"account-{(from + 1 + client.Rng.Below(accounts - 1)) % accounts}");
    }

    private async Task Add(Client client)
    {
        var (from, to) = Pair(client);
        var amount = client.Rng.Between(1, 20);
        await client.Run(new TransactionRequest
        {
            TransactionId = $"b-{client.Unique()}", DeadlineSeconds = client.Deadline(), Then = { Transactions.Add(from, -amount), Transactions.Add(to, amount) },
        });
    }

    private async Task Compare(Client client)
    {
        if (await Read(client, 8000) is not { } seen) return;
        var (from, to) = Pair(client);
        var (had, has) = (seen[int.Parse(from[8..])], seen[int.Parse(to[8..])]);
        await client.Run(new TransactionRequest
        {
            TransactionId = $"b-{client.Unique()}",
            Conditions = { Transactions.Value(from, had), Transactions.Value(to, has) },
            Then = { Transactions.Put(from, $"{long.Parse(had) - 5}"), Transactions.Put(to, $"{long.Parse(has) + 5}") },
        });
    }

    private async Task Count(Client client)
    {
        var which = client.Rng.Below(counters.Length);
        var answer = await client.Run(new TransactionRequest { TransactionId = $"b-{client.Unique()}", Then = { Transactions.Add(counters[which].Key, 1) } });
        if (answer.Reply?.Transaction is not null) counters[which] = counters[which] with { Acknowledged = counters[which].Acknowledged + 1 };
        else if (answer.IsUnknown) counters[which] = counters[which] with { Unknown = counters[which].Unknown + 1 };
    }

    public async Task Finish(Client client)
    {
        if (await Read(client, 60_000) is null) client.World.Fail("healing", "the accounts could not be read");
        for (var i = 0; i < counters.Length; i++)
        {
            var read = await client.Run(new TransactionRequest { TransactionId = $"b-{client.Unique()}", Then = { Transactions.Get(counters[i].Key) } }, 60_000);
            if (read.Reply?.Transaction is not { } result) client.World.Fail("healing", $"{counters[i].Key} could not be read");
            else counters[i] = counters[i] with { Value = long.Parse(result.Results[0].Text() ?? "0") };
        }
    }

    public IEnumerable<Violation> Judge() => TotalJudge.Money(Each * accounts, reads).Concat(TotalJudge.Counters(counters));
}
