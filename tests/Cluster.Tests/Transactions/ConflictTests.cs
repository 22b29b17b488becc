using System.Diagnostics;
using System.Net;
using AkkaHa.ClientApi;
using AkkaHa.Messages.Placement;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>Conflicts and deadlines, with real nodes. Times have slack: the machine may be busy.</summary>
public sealed class ConflictTests(ITestOutputHelper output)
{
    private const int Keys = 20;

    /// <summary>What the edge adds to a deadline before it says that the outcome is unknown, and slack for a busy machine.</summary>
    private static readonly TimeSpan EdgeAtMost = TimeSpan.FromSeconds(5 + 3);

    [Fact]
    public async Task A_transaction_of_20_keys_gets_through_among_64_clients_of_2()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        await using var client = cluster.Connect();
        using var stop = new CancellationTokenSource();
        var small = 0;
        async Task SmallAsync(int seed)
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var first = random.Next(Keys);
                var second = (first + 1 + random.Next(Keys - 1)) % Keys;
                await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then => then.Add($"hot/{first}", 1).Add($"hot/{second}", 1)));
                Interlocked.Increment(ref small);
            }
        }
        var load = Enumerable.Range(0, 64).Select(SmallAsync).ToArray();
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(small > 200), "the small ones do not run");
        var before = small;
        var watch = Stopwatch.StartNew();
        var adds = string.Join(',', Enumerable.Range(0, Keys).Select(k => $$$"""{"add":{"key":"hot/{{{k}}}","amount":"1"}}"""));
        var (status, body) = await new Curl(cluster).RunAsync($$$"""{"deadlineSeconds":30,"then":[{{{adds}}}]}""");
        watch.Stop();
        var meanwhile = small - before;
        await stop.CancelAsync();
        await Task.WhenAll(load);
        output.WriteLine($"committed after {watch.Elapsed.TotalSeconds:0.00} s; {meanwhile} small ones meanwhile, {small} in all");
        Assert.True(status == HttpStatusCode.OK, body.GetRawText());
        var sum = 0L;
        for (var k = 0; k < Keys; k++) sum += long.Parse((await client.Keys.GetStringAsync($"hot/{k}"))!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((2L * small) + Keys, sum);
    }

    [LongFact]
    public async Task Deadlines_are_kept_when_a_node_stands_still()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3);
        var owners = await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var curl = new Curl(cluster);
        var shards = new ShardMap();
        var (alive, still) = (cluster.Nodes[0], cluster.Nodes[2]);
        string Of(string address, Func<string, Messages.EntityId> entity, string prefix) =>
            Enumerable.Range(0, 1000).Select(i => $"{prefix}{i}").First(name => owners[shards.ShardOf(entity(name))] == address);
        var (here, there) = (Of(alive.Address, Messages.EntityId.Key, "k"), Of(still.Address, Messages.EntityId.Key, "k"));
        // Entities are there before their node stands still.
        await curl.RunUntilAnsweredAsync($$$"""{"then":[{"put":{"key":"{{{here}}}","value":""}},{"put":{"key":"{{{there}}}","value":""}}]}""");
        still.Pause();
        try
        {
            var (slotHere, slotThere) = (Of(alive.Address, shards.TransactionSlotOf, "t"), Of(still.Address, shards.TransactionSlotOf, "t"));
            var aborted = TimedAsync(slotHere);
            var unknown = TimedAsync(slotThere);
            var first = await aborted;
            output.WriteLine($"participant stands still: {first.Body.GetRawText()} after {first.After.TotalSeconds:0.00} s; coordinator stands still: {(await unknown).Body.GetRawText()} after {(await unknown).After.TotalSeconds:0.00} s");
            Assert.Equal("TXN_ABORTED", Curl.Code(first.Body));
            Assert.InRange(first.After, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1) + TimeSpan.FromSeconds(3));
            Assert.InRange((await unknown).After, TimeSpan.Zero, TimeSpan.FromSeconds(1) + EdgeAtMost);
        }
        finally
        {
            still.Resume();
        }

        async Task<(System.Text.Json.JsonElement Body, TimeSpan After)> TimedAsync(string id)
        {
            var watch = Stopwatch.StartNew();
            var (_, body) = await cluster.SendAsync(alive, HttpMethod.Post, "/v1/transactions", $$$"""{"transactionId":"{{{id}}}","deadlineSeconds":1,"then":[{"put":{"key":"{{{here}}}","value":"eA=="}},{"put":{"key":"{{{there}}}","value":"eA=="}}]}""");
            return (body, watch.Elapsed);
        }
    }
}
