using System.Net;
using Xunit;

namespace AkkaHa.Cluster.Tests.Rules;

/// <summary>What keeps a repeat from being done twice, as a client without a library sees it: with each rule off, the same calls come out wrong.</summary>
public sealed class OneNodeRuleTests
{
    [Theory]
    [InlineData("", HttpStatusCode.Conflict, "REVISION_MISMATCH")]
    [InlineData("PersistedRefusals", HttpStatusCode.OK, "3")]
    public async Task A_first_attempt_that_comes_after_the_second_was_refused_is_refused_though_it_would_fit_now(string off, HttpStatusCode status, string answer)
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, Off(off));
        var id = Guid.CreateVersion7();
        string Body(int attempt) => $$"""{"value":"b25l","ifRevision":"2","requestId":"{{id}}","attempt":{{attempt}}}""";
        await PutAsync(cluster, """{"value":"b25l"}""");
        Assert.Equal((HttpStatusCode.Conflict, "REVISION_MISMATCH"), await PutAsync(cluster, Body(2)));
        Assert.Equal((HttpStatusCode.OK, "2"), await PutAsync(cluster, """{"value":"dHdv"}"""));
        Assert.Equal((status, answer), await PutAsync(cluster, Body(1)));
    }

    [Theory]
    [InlineData("", HttpStatusCode.GatewayTimeout, "OUTCOME_UNKNOWN")]
    [InlineData("OutcomeFloor", HttpStatusCode.OK, "2")]
    public async Task A_call_from_before_outcomes_were_forgotten_is_not_done(string off, HttpStatusCode status, string answer)
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, Off(off));
        Assert.Equal((HttpStatusCode.OK, "1"), await PutAsync(cluster, """{"value":"b25l"}"""));
        var id = Guid.CreateVersion7(DateTimeOffset.UtcNow - TimeSpan.FromMinutes(2));
        Assert.Equal((status, answer), await PutAsync(cluster, $$"""{"value":"dHdv","requestId":"{{id}}","attempt":2}"""));
    }

    private static string[] Off(string rule) => rule.Length > 0 ? [$"--AkkaHa:Testing:Break={rule}"] : [];

    private static async Task<(HttpStatusCode Status, string Answer)> PutAsync(ClusterUnderTest cluster, string json)
    {
        var (status, body) = await cluster.SendUntilServedAsync(cluster.Nodes[0], HttpMethod.Put, "/v1/kv/k", json);
        return (status, body.GetProperty(status == HttpStatusCode.OK ? "revision" : "code").GetString()!);
    }
}
