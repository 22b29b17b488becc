using System.Net;
using Xunit;

namespace AkkaHa.Cluster.Tests.Telemetry;

/// <summary><c>/metrics</c> of a node, as text.</summary>
[Collection(MeteredNode.Name)]
public sealed class MetricsTests(OneNode one)
{
    private static readonly HttpClient Http = new() { Timeout = ClusterUnderTest.Patience };

    [Fact]
    public async Task Calls_writes_and_levels_are_told_and_never_by_the_name_of_a_key_or_lock()
    {
        var (cluster, node) = (one.Cluster, one.Cluster.Nodes[0]);
        var session = (await cluster.SendUntilServedAsync(node, HttpMethod.Post, "/v1/sessions", """{"ttlSeconds":60}""")).Body.GetProperty("sessionId").GetString()!;
        await cluster.SendUntilServedAsync(node, HttpMethod.Put, "/v1/kv/hidden-key", """{"value":"b25l"}""");
        await cluster.SendUntilServedAsync(node, HttpMethod.Put, "/v1/kv/hidden-key", """{"value":"b25l","ifRevision":"7"}""");
        await cluster.SendUntilServedAsync(node, HttpMethod.Post, "/v1/locks/hidden-lock:acquire", $$"""{"sessionId":"{{session}}"}""");

        Dictionary<string, double> told = [];
        string text = "";
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            text = await NodeMetrics.TextAsync(node);
            told = NodeMetrics.Samples(text);
            // The last of the calls may be counted after its answer, and a lease that has just run out is renewed soon.
            return told.GetValueOrDefault("akkaha_locks_holders") >= 1 && told.GetValueOrDefault("akkaha_entities_active kind=session") >= 256
                && told.GetValueOrDefault("akkaha_request_duration_seconds_count code=OK method=Locks/Acquire") >= 1 && told.GetValueOrDefault("akkaha_ready") >= 1;
        }, "the holder, the slots or the call are not told, or the node is not ready");
        Assert.Equal(1, told["akkaha_ready"]);
        Assert.Equal((256, 256), (told["akkaha_shards"], told["akkaha_shards_owned"]));
        Assert.Equal(1, told["akkaha_members status=up"]);
        Assert.InRange(told["akkaha_lease_remaining_seconds"], 0, 1.5);
        Assert.True(told["akkaha_sessions"] >= 1);
        Assert.True(told["akkaha_request_duration_seconds_count code=OK method=Keys/Put"] >= 1);
        Assert.Equal(1, told["akkaha_request_duration_seconds_count code=REVISION_MISMATCH method=Keys/Put"]);
        Assert.Equal(1, told["akkaha_request_duration_seconds_count code=OK method=Locks/Acquire"]);
        Assert.True(told["akkaha_persists_total kind=kv"] >= 1);
        Assert.True(told["akkaha_persist_duration_seconds_count kind=lock"] >= 1);
        Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", text, StringComparison.Ordinal);
        Assert.DoesNotContain(session, text, StringComparison.Ordinal);
        using var management = await Http.GetAsync(new Uri($"http://127.0.0.1:{node.Ports.Management}/metrics"));
        Assert.Equal(HttpStatusCode.NotFound, management.StatusCode);
    }
}
