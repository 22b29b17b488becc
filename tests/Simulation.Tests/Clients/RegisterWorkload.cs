using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Runs;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Single keys: read, write, delete, compare; also as parts of transactions. Judged key by key.</summary>
sealed class RegisterWorkload(Plan plan) : IWorkload
{
    private readonly int keys = plan.Registers;
    private readonly RecordedKeys recorded = new(plan);

    public Task Prepare(Client client) => Task.CompletedTask;

    public Task Step(Client client)
    {
        var key = $"register-{client.Rng.Below(keys)}";
        return client.Rng.Below(10) switch
        {
            < 3 => recorded.Get(client, key, 4000),
            < 6 => recorded.Write(client, key, KeyAction.Put, condition: client.Rng.Chance(0.5)),
            < 7 => recorded.Write(client, key, KeyAction.Delete, condition: client.Rng.Chance(0.5)),
            _ when plan.Kind == Kind.HandOvers => recorded.Get(client, key, 4000),
            _ => Both(client),
        };
    }

    /// <summary>Two keys in one transaction.</summary>
    private Task Both(Client client)
    {
        var first = client.Rng.Below(keys);
        string[] names = [$"register-{first}", $"register-{(first + 1) % keys}"];
        var request = new TransactionRequest { TransactionId = client.NewTransactionId("r"), DeadlineSeconds = client.Deadline() };
        foreach (var name in names.Distinct())
        {
            // Often it reads what it then writes.
            var writes = client.Rng.Chance(0.6);
            if (!writes || client.Rng.Chance(0.5)) request.Then.Add(Transactions.Get(name));
            if (writes) request.Then.Add(Transactions.Put(name, client.Unique()));
        }
        return recorded.Run(client, request);
    }

    public async Task Finish(Client client)
    {
        for (var i = 0; i < keys; i++)
            if ((await recorded.Get(client, $"register-{i}", 60_000)).Reply is null)
                client.World.Fail("healing", $"register-{i} could not be read");
    }

    public IEnumerable<Violation> Judge() => recorded.Judge();
}
