using AkkaHa.Core.Entities;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Xunit.Abstractions;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>A large transaction among many small ones on the same keys: wait-die lets it through, since it only grows older, also where clocks differ.</summary>
public sealed class StarvationTests(ITestOutputHelper output)
{
    private const int Keys = 20;
    private const int SmallClients = 64;
    private const double DeadlineSeconds = 10;
    private const long BeginsAt = 3000;

    [Theory]
    [InlineData(0)]
    [InlineData(25_000)]
    public void A_transaction_of_20_keys_gets_through_among_64_clients_of_2_within_its_deadline(int skewMs)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var (answer, small) = Run(seed, skewMs, RuleSwitches.AllOn);
            output.WriteLine($"seed {seed}: committed after {answer.At - BeginsAt} ms; {small} small ones meanwhile");
            Assert.NotNull(answer.Reply?.Transaction);
            Assert.InRange(answer.At - BeginsAt, 1, (long)(DeadlineSeconds * 1000));
            Assert.True(small > 30, $"only {small} small ones: there was nothing to starve of");
        }
    }

    [Fact]
    public void Without_hybrid_timestamps_one_whose_coordinator_has_a_fast_clock_starves() =>
        Assert.Contains(Enumerable.Range(1, 5), seed => Run((ulong)seed, 25_000, RuleSwitches.AllOn with { HybridTimestamps = false }).Large.IsAborted());

    private static (Answer Large, int Small) Run(ulong seed, int skewMs, RuleSwitches rules)
    {
        var world = new SimulatedWorld(seed, rules, Faults.None with { SkewMs = skewMs });
        Answer? large = null;
        var small = 0;
        var clients = Enumerable.Range(0, SmallClients).Select(i => new Client(world, i)).ToArray();
        world.Scheduler.At(0, () => Array.ForEach(clients, Small));
        world.Scheduler.At(BeginsAt, Large);
        world.Scheduler.RunUntil(BeginsAt + 30_000, () => large is not null || world.Violations.Count > 0);
        Assert.Empty(world.Violations);
        return (large ?? throw new InvalidOperationException("it was never answered"), small);

        async void Large()
        {
            var client = new Client(world, SmallClients);
            // The one whose clock is furthest ahead takes every other for older.
            var id = Enumerable.Range(0, 200).Select(_ => client.NewRequestId()).MaxBy(id => world.Cluster.RunnerOf(world.Shards.ShardOf(world.Shards.TransactionSlotOf(id)))?.Moment.WallMs ?? 0)!;
            var request = new TransactionRequest { TransactionId = id, DeadlineSeconds = DeadlineSeconds };
            for (var k = 0; k < Keys; k++) request.Then.Add(Transactions.Add($"hot-{k}", 1));
            large = await client.Run(request, 20_000);
        }

        async void Small(Client client)
        {
            await world.Scheduler.Delay(client.Rng.Between(0, 500));
            while (large is null)
            {
                var first = client.Rng.Below(Keys);
                var request = new TransactionRequest { TransactionId = client.NewRequestId(), DeadlineSeconds = DeadlineSeconds };
                foreach (var k in (int[])[first, (first + 1 + client.Rng.Below(Keys - 1)) % Keys]) request.Then.Add(Transactions.Add($"hot-{k}", 1));
                if ((await client.Run(request)).Reply?.Transaction is not null && client.Now > BeginsAt) small++;
            }
        }
    }
}
