using System.Net;
using AkkaHa.Cli.Local;
using AkkaHa.Messages.Placement;
using Xunit;
using static AkkaHa.Cluster.Tests.Transactions.Curl;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>What a repeat gets: through another node, when the outcome has left the slot for the table, and after the slot's node was killed. The effect happens once.</summary>
public sealed class RepeatTests
{
    private const string InSlot = "--AkkaHa:Testing:TransactionsInSlotSeconds=1";

    public static TheoryData<string, bool> Cases => LongFactAttribute.IsOn ? new() { { "sqlite", false }, { "postgres", true } } : new() { { "postgres", true } };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_repeat_gets_the_same_outcome_everywhere_and_is_done_once(string provider, bool uuid)
    {
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 3, InSlot);
        var owners = await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var curl = new Curl(cluster);
        var id = uuid ? Guid.CreateVersion7().ToString() : "order-17";
        var run = $$$"""{"transactionId":"{{{id}}}","then":[{"add":{"key":"n","amount":"1"}},{"put":{"key":"w","value":""}}]}""";
        var other = $$$"""{"transactionId":"{{{id}}}","then":[{"add":{"key":"n","amount":"2"}}]}""";
        var (status, first) = await curl.RunUntilAnsweredAsync(run);
        Assert.Equal((HttpStatusCode.OK, "COMMITTED"), (status, first.GetProperty("outcome").GetString()));
        await SameAsync(1);

        // Its results are gone when it has left the slot.
        await ClusterUnderTest.EventuallyAsync(async () => (await curl.RunUntilAnsweredAsync(run, 2)).Body is var again && again.GetProperty("outcome").GetString() == "COMMITTED"
            && again.GetProperty("results").GetArrayLength() == 0, "it never left the slot");
        await SameAsync(1);

        var coordinator = cluster.Local.ByAddress(owners[new ShardMap().ShardOf(new ShardMap().TransactionSlotOf(id))]);
        await coordinator.KillAsync();
        var alive = cluster.Nodes.ToList().FindIndex(n => n != coordinator);
        await SameAsync(alive);
        Assert.Equal(("1", "1"), await curl.GetAsync("n", alive));

        async Task SameAsync(int node)
        {
            var (againStatus, again) = await curl.RunUntilAnsweredAsync(run, node);
            Assert.Equal((HttpStatusCode.OK, "COMMITTED", true), (againStatus, again.GetProperty("outcome").GetString(), again.GetProperty("conditionsHeld").GetBoolean()));
            Assert.Equal("INVALID_ARGUMENT", Code((await curl.RunUntilAnsweredAsync(other, node)).Body));
            Assert.Equal("COMMITTED", await curl.OutcomeAsync(id, node));
            await ClusterUnderTest.EventuallyAsync(async () => (await curl.PostAsync($"/v1/transactions/{id}:resolve", "{}", node)).TryGetProperty("outcome", out var outcome) && outcome.GetString() == "COMMITTED", "resolve says otherwise");
        }
    }

    [Fact]
    public async Task What_was_aborted_stays_aborted_after_the_archive_and_a_kill()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, InSlot);
        var curl = new Curl(cluster);
        await curl.PostAsync("/v1/transactions/t:resolve", "{}");
        await Task.Delay(TimeSpan.FromSeconds(3));
        await cluster.Nodes[0].KillAsync();
        cluster.Nodes[0].Start();
        await cluster.Nodes[0].WaitReadyAsync(ClusterUnderTest.Patience);
        Assert.Equal("TXN_ABORTED", Code((await curl.RunUntilAnsweredAsync("""{"transactionId":"t","then":[{"put":{"key":"x","value":""}}]}""")).Body));
        Assert.Equal("ABORTED", await curl.OutcomeAsync("t"));
    }

    [Fact]
    public async Task Without_the_look_up_the_same_id_is_done_twice()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, InSlot, "--AkkaHa:Testing:Break=OutcomeLookUp");
        var curl = new Curl(cluster);
        const string run = """{"transactionId":"order-17","then":[{"add":{"key":"n","amount":"1"}}]}""";
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            await curl.RunUntilAnsweredAsync(run);
            return await curl.GetAsync("n") is { Value: not "1" };
        }, "it was not done twice: what is this test for?");
    }
}
