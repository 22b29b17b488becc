using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Transactions;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>GET /v1/transactions: of all slots, or not at all.</summary>
public sealed class OpenTransactionRouteTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public OpenTransactionRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private static OpenTransaction Open(string id, double age) => new() { TransactionId = id, AgeSeconds = age, Outcome = TransactionStatus.Types.Outcome.InProgress, Attempt = 1 };

    private void Answer(Func<int, Reply> ofSlot) => host.Entities.Answer = (command, _) => Task.FromResult(ofSlot(int.Parse(EntityId.Parse(command.Entity).Name, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public async Task Every_slot_is_asked_and_all_are_shown_oldest_first()
    {
        Answer(slot => new Reply { OpenTransactions = slot switch { 3 => new OpenTransactions { Transactions = { Open("b", 2), Open("c", 1) } }, 40 => new OpenTransactions { Transactions = { Open("a", 7.5) } }, _ => new OpenTransactions() } });

        var json = await host.JsonAsync("GET /v1/transactions?state=inDoubt&limit=10");

        Assert.Equal(["a", "b", "c"], System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("transactions").EnumerateArray().Select(t => t.GetProperty("transactionId").GetString()));
        Assert.Equal(
            """{"transactionId":"a","outcome":"IN_PROGRESS","ageSeconds":7.5,"attempt":1,"participants":[],"waitingFor":[]}""",
            System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("transactions")[0].GetRawText());
        Assert.Equal(host.Entities.Shards.ShardCount, host.Entities.Asked.Select(c => c.Entity).Distinct().Count());
        Assert.All(host.Entities.Asked, c => Assert.Equal(10, c.ListOpenTransactions.Limit));
    }

    [Fact]
    public async Task One_slot_that_does_not_answer_makes_the_answer_unavailable_and_is_counted()
    {
        Answer(slot => slot is 5 or 9 ? Replies.Failure(ErrorCode.Unavailable, "no owner") : new Reply { OpenTransactions = new OpenTransactions { Transactions = { Open($"t{slot}", 1) } } });

        using var response = await host.SendAsync("GET /v1/transactions");

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var body = await response.Content.ReadAsStringAsync();
        Assert.Contains("2 of 64 slots", body, StringComparison.Ordinal);
        Assert.Contains("\"slotsNotAnswering\":\"2\"", body.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state=open", "state")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    public async Task Bad_queries_are_refused_by_name(string query, string field)
    {
        using var response = await host.SendAsync($"GET /v1/transactions?{query}");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains($"\"field\":\"{field}\"", (await response.Content.ReadAsStringAsync()).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_have_something_older_before_it_is_not_shown()
    {
        OpenTransactions[] slots =
        [
            new() { Transactions = { Open("a9", 9), Open("a5", 5) }, More = true },
            new() { Transactions = { Open("b7", 7), Open("b4", 4) } },
        ];
        // Slot a may have one that is 4.5 s old.
        var list = OpenTransactionsQuery.Merge(slots, 10);
        Assert.Equal(["a9", "b7", "a5"], list.Transactions.Select(t => t.TransactionId));
        Assert.True(list.More);
    }

    [Fact]
    public void Beyond_the_limit_there_are_more()
    {
        OpenTransactions[] slots = [new() { Transactions = { Open("a", 2), Open("b", 1) } }];
        Assert.True(OpenTransactionsQuery.Merge(slots, 1).More);
        Assert.False(OpenTransactionsQuery.Merge(slots, 2).More);
    }
}
