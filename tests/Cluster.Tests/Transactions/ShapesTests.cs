using System.Net;
using Xunit;
using static AkkaHa.Cluster.Tests.Transactions.Curl;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>Every shape of a transaction that the contract has, against a node, with HTTP and JSON.</summary>
public sealed class ShapesTests(OneNode one) : IClassFixture<OneNode>
{
    private readonly Curl curl = new(one.Cluster);

    private async Task<bool> HoldsAsync(string condition)
    {
        var (status, body) = await curl.RunAsync($$$"""{"conditions":[{{{condition}}}]}""");
        Assert.Equal((HttpStatusCode.OK, "COMMITTED"), (status, body.GetProperty("outcome").GetString()));
        return body.GetProperty("conditionsHeld").GetBoolean();
    }

    [Fact]
    public async Task Conditions_on_keys_hold_by_revision_value_and_absence()
    {
        await curl.RunAsync($$$"""{"then":[{"put":{"key":"c/x","value":"{{{B64("on")}}}"}}]}""");
        Assert.True(await HoldsAsync("""{"key":"c/x","revision":"1"}"""));
        Assert.False(await HoldsAsync("""{"key":"c/x","revision":"2"}"""));
        Assert.True(await HoldsAsync($$$"""{"key":"c/x","value":"{{{B64("on")}}}"}"""));
        Assert.False(await HoldsAsync($$$"""{"key":"c/x","value":"{{{B64("off")}}}"}"""));
        Assert.True(await HoldsAsync("""{"key":"c/none","absent":true}"""));
        Assert.False(await HoldsAsync("""{"key":"c/x","absent":true}"""));
        Assert.True(await HoldsAsync("""{"key":"c/none","revision":"0"}"""));
    }

    [Fact]
    public async Task A_condition_on_a_lock_holds_while_it_is_held_with_that_fence()
    {
        var session = await curl.SessionAsync();
        var fence = (await curl.PostAsync("/v1/locks/c/l:acquire", $$$"""{"sessionId":"{{{session}}}"}""")).GetProperty("fence").GetString();
        Assert.True(await HoldsAsync($$$"""{"lock":"c/l","fence":"{{{fence}}}"}"""));
        Assert.False(await HoldsAsync("""{"lock":"c/l","fence":"77"}"""));
        await curl.PostAsync("/v1/locks/c/l:release", $$$"""{"sessionId":"{{{session}}}","fence":"{{{fence}}}"}""");
        Assert.False(await HoldsAsync($$$"""{"lock":"c/l","fence":"{{{fence}}}"}"""));
    }

    [Fact]
    public async Task A_condition_on_a_session_holds_while_it_lives()
    {
        var session = await curl.SessionAsync();
        Assert.True(await HoldsAsync($$$"""{"session":"{{{session}}}"}"""));
        await curl.Cluster.SendUntilServedAsync(curl.Cluster.Nodes[0], HttpMethod.Delete, $"/v1/sessions/{session}");
        Assert.False(await HoldsAsync($$$"""{"session":"{{{session}}}"}"""));
    }

    [Fact]
    public async Task Operations_apply_in_order_with_one_revision_for_each_key_and_one_result_each()
    {
        var (_, body) = await curl.RunAsync($$$"""
            {"then":[{"get":{"key":"o/x"}},{"put":{"key":"o/x","value":"{{{B64("a")}}}"}},{"append":{"key":"o/x","value":"{{{B64("b")}}}"}},{"get":{"key":"o/x"}},
                     {"add":{"key":"o/n","amount":"5"}},{"add":{"key":"o/n","amount":"-7"}},{"delete":{"key":"o/none"}},{"put":{"key":"o/y","value":""}},{"delete":{"key":"o/y"}}]}
            """);
        Assert.Equal(["o/x@0", "o/x@1", "o/x@1=ab", "o/x@1=ab", "o/n@1=5", "o/n@1=-2", "o/none@0", "o/y@1", "o/y@1 deleted"], Results(body));
        Assert.Equal(("ab", "1"), await curl.GetAsync("o/x"));
        Assert.Equal(("-2", "1"), await curl.GetAsync("o/n"));
        Assert.Null(await curl.GetAsync("o/y"));
    }

    [Fact]
    public async Task When_a_condition_does_not_hold_else_runs_and_then_does_not()
    {
        var (status, body) = await curl.RunAsync($$$"""
            {"transactionId":"e-1","conditions":[{"key":"e/x","absent":true},{"key":"e/y","revision":"4"}],
             "then":[{"put":{"key":"e/x","value":""}}],"else":[{"put":{"key":"e/z","value":"{{{B64("else")}}}"}},{"get":{"key":"e/y"}}]}
            """);
        Assert.Equal((HttpStatusCode.OK, "COMMITTED", false), (status, body.GetProperty("outcome").GetString(), body.GetProperty("conditionsHeld").GetBoolean()));
        Assert.Equal(["e/z@1", "e/y@0"], Results(body));
        Assert.Equal([true, false], body.GetProperty("conditionResults").EnumerateArray().Select(c => c.GetBoolean()));
        Assert.Null(await curl.GetAsync("e/x"));
        Assert.Equal("COMMITTED", await curl.OutcomeAsync("e-1"));
    }

    [Theory]
    [InlineData("""{"add":{"key":"K","amount":"9223372036854775807"}},{"add":{"key":"K","amount":"1"}}""", "overflow")]
    [InlineData("""{"put":{"key":"K","value":"eA=="}},{"add":{"key":"K","amount":"1"}}""", "not a decimal")]
    public async Task What_can_not_be_done_aborts_all_of_it(string operations, string reason)
    {
        var key = $"a/{Guid.NewGuid():N}";
        var (status, body) = await curl.RunAsync($$$"""{"transactionId":"{{{key}}}","then":[{"put":{"key":"{{{key}}}/other","value":""}},{{{operations.Replace("K", key, StringComparison.Ordinal)}}}]}""");
        Assert.Equal((HttpStatusCode.Conflict, "TXN_ABORTED"), (status, Code(body)));
        Assert.Contains(reason, body.GetProperty("details").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Null(await curl.GetAsync($"{key}/other"));
        Assert.Equal("ABORTED", await curl.OutcomeAsync(Uri.EscapeDataString(key)));
    }

    [Fact]
    public async Task A_transaction_that_only_reads_sees_one_moment_and_has_an_outcome_by_its_id()
    {
        await curl.RunAsync($$$"""{"then":[{"put":{"key":"r/x","value":"{{{B64("1")}}}"}},{"put":{"key":"r/y","value":"{{{B64("1")}}}"}}]}""");
        var (_, body) = await curl.RunAsync("""{"transactionId":"r-1","then":[{"get":{"key":"r/x"}},{"get":{"key":"r/y"}},{"get":{"key":"r/z"}}]}""");
        Assert.Equal(["r/x@1=1", "r/y@1=1", "r/z@0"], Results(body));
        Assert.Equal("COMMITTED", await curl.OutcomeAsync("r-1"));
    }

    [Fact]
    public async Task One_that_only_reads_and_has_no_id_sees_one_moment_too_and_is_not_recorded()
    {
        await curl.RunAsync($$$"""{"then":[{"put":{"key":"q/x","value":"{{{B64("1")}}}"}},{"put":{"key":"q/y","value":"{{{B64("1")}}}"}}]}""");
        var (_, body) = await curl.RunAsync("""{"conditions":[{"key":"q/x","revision":"2"}],"then":[],"else":[{"get":{"key":"q/x"}},{"get":{"key":"q/y"}},{"get":{"key":"q/z"}}]}""");
        Assert.Equal(["q/x@1=1", "q/y@1=1", "q/z@0"], Results(body));
        Assert.Equal(("COMMITTED", false), (body.GetProperty("outcome").GetString(), body.GetProperty("conditionsHeld").GetBoolean()));
        Assert.Equal("UNKNOWN", await curl.OutcomeAsync(body.GetProperty("transactionId").GetString()!));
    }

    [Fact]
    public async Task As_many_participants_as_the_limit_take_part_and_one_more_is_refused_by_name()
    {
        static string Adds(int keys) => $$$"""{"then":[{{{string.Join(',', Enumerable.Range(0, keys).Select(i => $$$"""{"add":{"key":"p/{{{i}}}","amount":"1"}}"""))}}}]}""";
        var (status, body) = await curl.RunAsync(Adds(128));
        Assert.Equal((HttpStatusCode.OK, 128), (status, body.GetProperty("results").GetArrayLength()));
        var (refused, why) = await curl.RunAsync(Adds(129));
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_ARGUMENT"), (refused, Code(why)));
        Assert.Contains("128", why.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_and_results_of_nearly_4_MiB_pass_and_larger_ones_do_not()
    {
        var large = Convert.ToBase64String(new byte[1_000_000]);
        string Puts(int from, int count) => string.Join(',', Enumerable.Range(from, count).Select(i => $$$"""{"put":{"key":"m/{{{i}}}","value":"{{{large}}}"}}"""));
        string Gets(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $$$"""{"get":{"key":"m/{{{i}}}"}}"""));
        Assert.Equal(HttpStatusCode.OK, (await curl.RunAsync($$$"""{"then":[{{{Puts(0, 4)}}}]}""")).Status);
        var (status, body) = await curl.RunAsync($$$"""{"then":[{{{Puts(4, 5)}}}]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_ARGUMENT"), (status, Code(body)));
        Assert.Contains("4194304", body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await curl.RunAsync($$$"""{"then":[{{{Puts(4, 1)}}}]}""")).Status);

        Assert.Equal(4, (await curl.RunAsync($$$"""{"then":[{{{Gets(4)}}}]}""")).Body.GetProperty("results").GetArrayLength());
        var (aborted, why) = await curl.RunAsync($$$"""{"then":[{"put":{"key":"m/x","value":""}},{{{Gets(5)}}}]}""");
        Assert.Equal((HttpStatusCode.Conflict, "TXN_ABORTED"), (aborted, Code(why)));
        Assert.Contains("4194304", why.GetProperty("details").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Null(await curl.GetAsync("m/x"));
    }

    [Fact]
    public async Task Ids_are_asked_for_resolved_and_listed()
    {
        Assert.Equal("UNKNOWN", await curl.OutcomeAsync("i-never"));
        Assert.Equal("ABORTED", (await curl.PostAsync("/v1/transactions/i-never:resolve", "{}")).GetProperty("outcome").GetString());
        var (status, body) = await curl.RunAsync("""{"transactionId":"i-never","then":[{"get":{"key":"x"}}]}""");
        Assert.Equal((HttpStatusCode.Conflict, "TXN_ABORTED", "resolved"), (status, Code(body), body.GetProperty("details").GetProperty("reason").GetString()));
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            var (listed, open) = await curl.Cluster.SendAsync(curl.Cluster.Nodes[0], HttpMethod.Get, "/v1/transactions?state=inDoubt");
            return listed == HttpStatusCode.OK && open.GetProperty("transactions").GetArrayLength() == 0 && !open.GetProperty("more").GetBoolean();
        }, "something stays open");
    }
}
