using System.Net;
using System.Text.Json;
using Xunit;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>What became of a write under a guard, for whoever did not hear it.</summary>
public sealed class GuardedOutcomeTests(OneNode node) : IClassFixture<OneNode>
{
    private readonly Curl curl = new(node.Cluster);

    [Fact]
    public async Task It_is_asked_for_and_resolved_by_its_request_id()
    {
        var session = await curl.SessionAsync();
        var held = await curl.PostAsync("/v1/locks/go:acquire", $$"""{"sessionId":"{{session}}"}""");
        var id = Guid.CreateVersion7();
        var (status, written) = await node.Cluster.SendUntilServedAsync(
            node.Cluster.Nodes[0], HttpMethod.Put, "/v1/kv/go", $$"""{"value":"b25l","lock":"go","fence":"{{held.GetProperty("fence").GetString()}}","requestId":"{{id}}"}""");
        Assert.True(status == HttpStatusCode.OK, written.ToString());

        Assert.Equal("COMMITTED", await curl.OutcomeAsync($"guarded:{id}"));
        Assert.Equal("COMMITTED", (await curl.PostAsync($"/v1/transactions/guarded:{id}:resolve", "{}")).GetProperty("outcome").GetString());
    }
}
