using System.Globalization;
using System.Net;
using System.Text.Json;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>GET /v1/sessions: of all slots, in order, or not at all.</summary>
public sealed class SessionListRouteTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public SessionListRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private static string Id(int slot, byte number) => SessionId.Create(slot, new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number)).Text;

    /// <summary>Each of these slots has so many sessions.</summary>
    private void Slots(params (int Slot, int Sessions)[] slots) => host.Entities.Answer = (command, _) =>
    {
        var slot = int.Parse(EntityId.Parse(command.Entity).Name, CultureInfo.InvariantCulture);
        var asked = command.ListSessions;
        var count = Array.Find(slots, s => s.Slot == slot).Sessions;
        var all = Enumerable.Range(1, count).Select(n => Id(slot, (byte)n)).Where(id => string.CompareOrdinal(id, asked.After) > 0).ToArray();
        return Task.FromResult(new Reply { SessionPage = new SessionPage { Sessions = { all.Take(asked.Limit).Select(id => new SessionState { SessionId = id, TtlSeconds = 10 }) }, More = all.Length > asked.Limit } });
    };

    private async Task<(string[] Ids, string Next)> PageAsync(string query)
    {
        var json = JsonDocument.Parse(await host.JsonAsync($"GET /v1/sessions{query}")).RootElement;
        return ([.. json.GetProperty("sessions").EnumerateArray().Select(s => s.GetProperty("sessionId").GetString()!)], json.GetProperty("next").GetString()!);
    }

    [Fact]
    public async Task All_slots_are_asked_and_sessions_come_by_the_number_of_the_slot_and_then_by_id()
    {
        Slots((9, 2), (10, 1), (63, 1));
        var (ids, next) = await PageAsync("");
        Assert.Equal([Id(9, 1), Id(9, 2), Id(10, 1), Id(63, 1)], ids);
        Assert.Equal("", next);
        Assert.Equal(host.Entities.Shards.ShardCount, host.Entities.Asked.Select(c => c.Entity).Distinct().Count());
        Assert.All(host.Entities.Asked, c => Assert.Equal(Limits.ListPageDefault, c.ListSessions.Limit));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(100)]
    public async Task Page_after_page_shows_each_once(int limit)
    {
        Slots((0, 3), (10, 3), (63, 2));
        var (seen, after) = (new List<string>(), "");
        do
        {
            var (ids, next) = await PageAsync($"?limit={limit}&after={after}");
            Assert.True(ids.Length <= limit);
            seen.AddRange(ids);
            after = next;
        }
        while (after.Length > 0);
        Assert.Equal([Id(0, 1), Id(0, 2), Id(0, 3), Id(10, 1), Id(10, 2), Id(10, 3), Id(63, 1), Id(63, 2)], seen);
    }

    [Fact]
    public async Task One_slot_that_does_not_answer_makes_the_answer_unavailable()
    {
        Slots((0, 1), (10, 3));
        var others = host.Entities.Answer;
        host.Entities.Answer = (command, ct) => command.Entity == "session/5" ? Task.FromResult(Replies.Failure(ErrorCode.Unavailable, "no owner")) : others(command, ct);
        using var response = await host.SendAsync("GET /v1/sessions");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("slotsNotAnswering", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("after=x", "after")]
    [InlineData("after=64-00000000-0000-0000-0000-000000000001", "after")]
    [InlineData("prefix=x", "prefix")]
    public async Task Bad_queries_are_refused_by_name(string query, string field)
    {
        using var response = await host.SendAsync($"GET /v1/sessions?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(field, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
