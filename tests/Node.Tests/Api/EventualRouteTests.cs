using System.Text.Json;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using AkkaHa.Messages.Eventual;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Eventual data over HTTP: shapes, codes, limits.</summary>
public sealed class EventualRouteTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public EventualRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    [Fact]
    public async Task A_counter_is_told_as_text_with_what_was_reached()
    {
        var updated = await JsonAsync("POST /v1/eventual/counter/a/b:update", """{"increment":"5","consistency":"majority"}""");
        Assert.Equal(("counter", "a/b", "5", "majority"), (Text(updated, "kind"), Text(updated, "key"), Text(updated, "value"), Text(updated, "reached")));
        Assert.Equal(EventualConsistency.Majority, host.Eventual.Asked.Consistency);
        Assert.Equal(TimeSpan.FromSeconds(Limits.EventualTimeoutDefaultSeconds), host.Eventual.Asked.Timeout);
        await JsonAsync("POST /v1/eventual/counter/a/b:update", """{"increment":-7,"timeoutSeconds":0.5}""");
        Assert.Equal(TimeSpan.FromSeconds(0.5), host.Eventual.Asked.Timeout);
        var read = await JsonAsync("GET /v1/eventual/counter/a%2Fb?consistency=all");
        Assert.Equal(("-2", "all"), (Text(read, "value"), Text(read, "reached")));
    }

    [Fact]
    public async Task Sets_maps_registers_and_flags_have_the_shapes_of_the_contract()
    {
        var set = await JsonAsync("POST /v1/eventual/set/s:update", """{"add":["b","a","c"],"remove":["d"]}""");
        Assert.Equal("""["a","b","c"]""", Compact(set.GetProperty("value")));
        Assert.Equal(3, set.GetProperty("size").GetInt32());
        Assert.Equal("""["a","c"]""", Compact((await JsonAsync("POST /v1/eventual/set/s:update", """{"remove":["b"]}""")).GetProperty("value")));
        var map = await JsonAsync("POST /v1/eventual/map/m:update", """{"set":{"x":"1","y":"2"}}""");
        Assert.Equal("""{"x":"1","y":"2"}""", Compact(map.GetProperty("value")));
        Assert.Equal("""{"y":"2"}""", Compact((await JsonAsync("POST /v1/eventual/map/m:update", """{"remove":["x"]}""")).GetProperty("value")));
        Assert.Equal("b25l", Text(await JsonAsync("POST /v1/eventual/register/r:update", """{"value":"b25l"}"""), "value"));
        Assert.True((await JsonAsync("POST /v1/eventual/flag/f:update", """{"enable":true}""")).GetProperty("value").GetBoolean());
        Assert.False((await JsonAsync("POST /v1/eventual/flag/f:update", """{"enable":false}""")).GetProperty("value").GetBoolean());
        Assert.False((await JsonAsync("GET /v1/eventual/flag/f")).GetProperty("value").GetBoolean());
    }

    [Fact]
    public async Task The_same_request_id_counts_once()
    {
        for (var i = 0; i < 3; i++)
            Assert.Equal("2", Text(await JsonAsync("POST /v1/eventual/counter/c:update", $$"""{"increment":"2","requestId":"r1","attempt":{{i + 1}} }"""), "value"));
        await RefusedAsync("POST /v1/eventual/counter/c:update", """{"increment":"3","requestId":"r1"}""", 400, "INVALID_ARGUMENT", "requestId");
        var old = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddMinutes(-5));
        await RefusedAsync("POST /v1/eventual/counter/c:update", $$"""{"increment":"2","requestId":"{{old}}"}""", 504, "OUTCOME_UNKNOWN", null);
        var early = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddMinutes(5));
        await RefusedAsync("POST /v1/eventual/counter/c:update", $$"""{"increment":"2","requestId":"{{early}}"}""", 400, "INVALID_ARGUMENT", "requestId");
    }

    /// <summary>Clients stamp their request ids by it: by a wrong clock, all other nodes would take them for too old.</summary>
    [Fact]
    public async Task The_time_that_answers_tell_is_that_of_the_cluster_not_of_a_wrong_clock()
    {
        host.Eventual.CorrectedByMs = 3_600_000;
        using var response = await host.SendAsync("GET /v1/eventual/counter", null);
        var told = long.Parse(Assert.Single(response.Headers.GetValues(ResponseHeaders.Time)), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(told - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), 3_500_000, 3_600_000);
    }

    [Fact]
    public async Task What_did_not_get_far_enough_is_stored_and_says_so()
    {
        host.Eventual.Reaches = false;
        using var response = await host.SendAsync("POST /v1/eventual/counter/c:update", """{"increment":"5","consistency":"majority"}""");
        var error = await ErrorBody.OfAsync(response);
        Assert.Equal((504, "PARTIAL"), ((int)response.StatusCode, error.Code));
        Assert.Equal(("5", "local"), (Text(error.Details, "value"), Text(error.Details, "reached")));
        Assert.Equal("5", Text(await JsonAsync("GET /v1/eventual/counter/c"), "value"));
        await RefusedAsync("GET /v1/eventual/counter/c?consistency=all", null, 504, "PARTIAL", null);
        await RefusedAsync("DELETE /v1/eventual/counter/c?consistency=all", null, 504, "PARTIAL", null);
        await RefusedAsync("GET /v1/eventual/counter/c", null, 404, "NOT_FOUND", null);
    }

    [Fact]
    public async Task A_read_waits_for_what_its_token_stands_for_but_not_when_every_member_says_that_it_is_lost()
    {
        var written = Text(await JsonAsync("POST /v1/eventual/counter/c:update", """{"increment":"5"}"""), "token");
        var bucket = Placing.BucketsOf(Kind.Counter, Placing.NameOf(Kind.Counter, "c"))[0];
        var lost = EventualToken.Of([(bucket, 77ul, 3L)]).ToString();
        foreach (var token in (string[])[written, lost])
            Assert.Equal("5", Text(await JsonAsync($"GET /v1/eventual/counter/c?token={Uri.EscapeDataString(token)}"), "value"));
        host.Eventual.Reaches = false;
        Assert.Equal("5", Text(await JsonAsync($"GET /v1/eventual/counter/c?token={Uri.EscapeDataString(written)}"), "value"));
        await RefusedAsync($"GET /v1/eventual/counter/c?timeoutSeconds=0.2&token={Uri.EscapeDataString(lost)}", null, 504, "PARTIAL", null);
    }

    [Fact]
    public async Task What_is_deleted_is_not_found_and_its_name_can_be_used_again()
    {
        await JsonAsync("POST /v1/eventual/set/s:update", """{"add":["a","b"]}""");
        Assert.True((await JsonAsync("DELETE /v1/eventual/set/s")).GetProperty("deleted").GetBoolean());
        Assert.False((await JsonAsync("DELETE /v1/eventual/set/s")).GetProperty("deleted").GetBoolean());
        await RefusedAsync("GET /v1/eventual/set/s", null, 404, "NOT_FOUND", null);
        Assert.Equal("""["c"]""", Compact((await JsonAsync("POST /v1/eventual/set/s:update", """{"add":["c"]}""")).GetProperty("value")));
    }

    [Fact]
    public async Task Names_are_listed_by_prefix_a_page_at_a_time()
    {
        foreach (var name in (string[])["b/1", "a/2", "a/1", "a/3"]) await JsonAsync($"POST /v1/eventual/set/{name}:update", """{"add":["x","y"]}""");
        await JsonAsync("POST /v1/eventual/flag/a/9:update", """{"enable":true}""");
        var page = await JsonAsync("GET /v1/eventual/set?prefix=a/&limit=2");
        Assert.Equal("""["a/1","a/2"]""", Compact(page.GetProperty("keys")));
        var rest = await JsonAsync($"GET /v1/eventual/set?prefix=a/&limit=2&after={Text(page, "next")}");
        Assert.Equal(("""["a/3"]""", ""), (Compact(rest.GetProperty("keys")), Text(rest, "next")));
    }

    [Fact]
    public async Task A_watch_gives_the_value_now_and_after_each_change()
    {
        using var response = await host.Http.GetAsync(new Uri(host.HttpAddress, "/v1/eventual/counter/c:watch"), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = JsonDocument.Parse((await lines.ReadLineAsync())!).RootElement;
        Assert.True(!first.TryGetProperty("value", out var none) || none.ValueKind == JsonValueKind.Null);
        await JsonAsync("POST /v1/eventual/counter/c:update", """{"increment":"5"}""");
        Assert.Equal("5", Text(JsonDocument.Parse((await lines.ReadLineAsync())!).RootElement, "value"));
    }

    [Theory]
    [InlineData("POST /v1/eventual/list/a:update", """{"add":["x"]}""", "kind")]
    [InlineData("GET /v1/eventual/counters/a", null, "kind")]
    [InlineData("GET /v1/eventual/counter/a//b", null, "key")]
    [InlineData("GET /v1/eventual/counter/a?consistency=quorum", null, "consistency")]
    [InlineData("GET /v1/eventual/counter/a?token=x", null, "token")]
    [InlineData("GET /v1/eventual/counter/a?timeoutSeconds=61", null, "timeoutSeconds")]
    [InlineData("POST /v1/eventual/counter/a:update", "{}", "increment")]
    [InlineData("POST /v1/eventual/counter/a:update", """{"increment":"1","add":["x"]}""", "add")]
    [InlineData("POST /v1/eventual/counter/a:update", """{"increment":"9223372036854775808"}""", "increment")]
    [InlineData("POST /v1/eventual/counter/a:update", """{"increment":"1","consistencyy":"all"}""", "consistencyy")]
    [InlineData("POST /v1/eventual/set/a:update", """{"add":["x",""]}""", "add[1]")]
    [InlineData("POST /v1/eventual/set/a:update", """{"add":["x"],"remove":["x"]}""", "remove[0]")]
    [InlineData("POST /v1/eventual/map/a:update", """{"set":{"x":1}}""", "set.x")]
    [InlineData("POST /v1/eventual/map/a:update", """{"set":{"x":"1","x":"2"}}""", "set.x")]
    [InlineData("POST /v1/eventual/map/a:update", """{"set":["x"]}""", "set")]
    [InlineData("POST /v1/eventual/flag/a:update", """{"enable":"yes"}""", "enable")]
    [InlineData("GET /v1/eventual/counter?limit=1001", null, "limit")]
    public Task Bad_input_is_refused_and_named(string request, string? body, string field) => RefusedAsync(request, body, 400, "INVALID_ARGUMENT", field);

    [Fact]
    public async Task Limits_are_named_with_the_field()
    {
        var element = new string('x', Limits.EventualElementBytes);
        await JsonAsync("POST /v1/eventual/set/s:update", $$"""{"add":["{{element}}"]}""");
        await RefusedAsync("POST /v1/eventual/set/s:update", $$"""{"add":["{{element}}x"]}""", 400, "INVALID_ARGUMENT", "add[0]");
        var many = string.Join(',', Enumerable.Range(0, Limits.EventualElementsPerUpdate + 1).Select(i => $"\"{i}\""));
        await RefusedAsync("POST /v1/eventual/set/s:update", $$"""{"add":[{{many}}]}""", 400, "INVALID_ARGUMENT", "add");
        var text = new string('x', Limits.EventualValueBytes + 1);
        await RefusedAsync("POST /v1/eventual/register/r:update", $$"""{"value":"{{text}}"}""", 400, "INVALID_ARGUMENT", "value");
        await RefusedAsync("POST /v1/eventual/map/m:update", $$$"""{"set":{"f":"{{{text}}}"}}""", 400, "INVALID_ARGUMENT", "set.f");
        await JsonAsync("POST /v1/eventual/counter/c:update", $$"""{"increment":"{{long.MaxValue}}"}""");
        await RefusedAsync("POST /v1/eventual/counter/c:update", """{"increment":"1"}""", 400, "INVALID_ARGUMENT", "increment");
    }

    /// <summary>The update was done: only reading it all at once is too much.</summary>
    [Fact]
    public async Task An_update_of_what_is_too_large_for_an_answer_is_answered_without_the_value()
    {
        var text = new string('x', Limits.EventualValueBytes);
        for (var fields = 1; fields <= (Limits.EventualAnswerBytes / Limits.EventualValueBytes) + 1; fields++)
        {
            var updated = await JsonAsync("POST /v1/eventual/map/m:update", $$$"""{"set":{"f{{{fields}}}":"{{{text}}}"}}""");
            Assert.Equal(fields, updated.GetProperty("size").GetInt32());
        }
        await RefusedAsync("GET /v1/eventual/map/m", null, 429, "LIMIT_EXCEEDED", null);
    }

    [Fact]
    public async Task A_full_bucket_is_a_limit()
    {
        var text = new string('x', Limits.EventualValueBytes);
        for (var i = 0; ; i++)
        {
            using var response = await host.SendAsync("POST /v1/eventual/map/m:update", $$$"""{"set":{"f{{{i}}}":"{{{text}}}"}}""");
            if (response.IsSuccessStatusCode) continue;
            Assert.Equal((429, "LIMIT_EXCEEDED"), ((int)response.StatusCode, (await ErrorBody.OfAsync(response)).Code));
            Assert.True(i * Limits.EventualValueBytes > Limits.EventualBucketBytes);
            break;
        }
    }

    private async Task<JsonElement> JsonAsync(string request, string? body = null) => JsonDocument.Parse(await host.JsonAsync(request, body)).RootElement;

    private async Task RefusedAsync(string request, string? body, int status, string code, string? field)
    {
        using var response = await host.SendAsync(request, body);
        var error = await ErrorBody.OfAsync(response);
        Assert.Equal((status, code), ((int)response.StatusCode, error.Code));
        if (field is not null) Assert.Equal(field, Text(error.Details, "field"));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
