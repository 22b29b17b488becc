using System.Net;
using AkkaHa.Cli.Local;
using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>A node alone, as a newcomer meets it: with HTTP and JSON.</summary>
public sealed class OneNodeTests
{
    [Theory]
    [MemberData(nameof(ClusterUnderTest.AtLeast), "sqlite", MemberType = typeof(ClusterUnderTest))]
    public async Task A_node_alone_serves_all_and_after_a_kill_goes_on_where_it_was(string provider)
    {
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 1);
        var node = cluster.Nodes[0];
        var session = await NewSessionAsync(cluster, node);
        var other = await NewSessionAsync(cluster, node);

        var grant = await PostAsync(cluster, node, "/v1/locks/a/b:acquire", $$"""{"sessionId":"{{session}}","label":"first"}""");
        Assert.Equal("1", grant.Body.GetProperty("fence").GetString());
        var held = await PostAsync(cluster, node, "/v1/locks/a/b:acquire", $$"""{"sessionId":"{{other}}"}""");
        Assert.Equal((HttpStatusCode.Conflict, "LOCK_HELD"), (held.Status, held.Body.GetProperty("code").GetString()));
        Assert.Equal(session, held.Body.GetProperty("details").GetProperty("holders")[0].GetProperty("sessionId").GetString());

        var guarded = await PutAsync(cluster, node, "/v1/kv/x", """{"value":"b25l","lock":"a/b","fence":"1"}""");
        Assert.Equal("1", guarded.Body.GetProperty("revision").GetString());
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(cluster, node, "/v1/locks/a/b:release", $$"""{"sessionId":"{{session}}","fence":"1"}""")).Status);
        var again = await PostAsync(cluster, node, "/v1/locks/a/b:release", $$"""{"sessionId":"{{session}}","fence":"1"}""");
        Assert.Equal("FENCE_STALE", again.Body.GetProperty("code").GetString());
        var late = await PutAsync(cluster, node, "/v1/kv/x", """{"value":"dHdv","lock":"a/b","fence":"1"}""");
        Assert.Equal((HttpStatusCode.Conflict, "FENCE_STALE"), (late.Status, late.Body.GetProperty("code").GetString()));

        var nothing = await PostAsync(cluster, node, "/v1/transactions", """
            {"conditions":[{"key":"x","revision":"9"}],"then":[{"put":{"key":"p","value":"b25l"}},{"put":{"key":"q","value":"b25l"}}]}
            """);
        Assert.False(nothing.Body.GetProperty("conditionsHeld").GetBoolean());
        Assert.Equal(HttpStatusCode.NotFound, (await cluster.SendUntilServedAsync(node, HttpMethod.Get, "/v1/kv/p")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await cluster.SendUntilServedAsync(node, HttpMethod.Get, "/v1/kv/q")).Status);

        await node.KillAsync();
        node.Start();
        await node.WaitReadyAsync(ClusterUnderTest.Patience);
        var read = await cluster.GetAsync(node, "/v1/kv/x");
        Assert.Equal(("b25l", "1"), (read.GetProperty("value").GetString(), read.GetProperty("revision").GetString()));
        // Just started it may be slow to answer for sure: what is asked again carries its id, and is not done twice.
        var (putId, nextId) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var second = await UntilCertainAsync(() => PutAsync(cluster, node, "/v1/kv/x", $$"""{"value":"dHdv","requestId":"{{putId}}"}"""));
        Assert.True(second.TryGetProperty("revision", out var revision) && revision.GetString() == "2", second.ToString());
        var next = await UntilCertainAsync(() => PostAsync(cluster, node, "/v1/locks/a/b:acquire", $$"""{"sessionId":"{{other}}","requestId":"{{nextId}}"}"""));
        Assert.True(next.TryGetProperty("fence", out var fence) && fence.GetString() == "2", next.ToString());
    }

    [Fact]
    public async Task An_expired_session_lets_its_lock_go_to_the_next()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        var node = cluster.Nodes[0];
        var waiter = await NewSessionAsync(cluster, node);
        // It begins after this, however slow the machine is.
        var before = System.Diagnostics.Stopwatch.StartNew();
        var shortLived = await NewSessionAsync(cluster, node, ttl: 5);
        Assert.Equal("1", (await PostAsync(cluster, node, "/v1/locks/l:acquire", $$"""{"sessionId":"{{shortLived}}"}""")).Body.GetProperty("fence").GetString());
        var grant = await PostAsync(cluster, node, "/v1/locks/l:acquire", $$"""{"sessionId":"{{waiter}}","waitSeconds":60}""");
        Assert.Equal("2", grant.Body.GetProperty("fence").GetString());
        Assert.True(before.Elapsed >= TimeSpan.FromSeconds(5), $"granted after {before.Elapsed}: a session lives for its whole time");
        Assert.Equal("SESSION_EXPIRED", (await PostAsync(cluster, node, $"/v1/sessions/{shortLived}:keepAlive", "{}")).Body.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Waiters_get_the_lock_in_the_order_of_asking_and_are_shown()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        var node = cluster.Nodes[0];
        var sessions = new List<string>();
        for (var i = 0; i < 4; i++) sessions.Add(await NewSessionAsync(cluster, node, ttl: 120));
        await PostAsync(cluster, node, "/v1/locks/q:acquire", $$"""{"sessionId":"{{sessions[0]}}"}""");
        var grants = new List<Task<(HttpStatusCode Status, System.Text.Json.JsonElement Body)>>();
        for (var i = 1; i < 4; i++)
        {
            grants.Add(PostAsync(cluster, node, "/v1/locks/q:acquire", $$"""{"sessionId":"{{sessions[i]}}","waitSeconds":60,"label":"w{{i}}"}"""));
            var expected = i;
            await ClusterUnderTest.EventuallyAsync(async () => (await cluster.GetAsync(node, "/v1/locks/q")).GetProperty("waiters").GetArrayLength() == expected, "the waiter is not shown");
        }
        var shown = (await cluster.GetAsync(node, "/v1/locks/q")).GetProperty("waiters").EnumerateArray().Select(w => w.GetProperty("label").GetString());
        Assert.Equal(["w1", "w2", "w3"], shown);
        for (var i = 0; i < 3; i++)
        {
            await PostAsync(cluster, node, "/v1/locks/q:release", $$"""{"sessionId":"{{sessions[i]}}","fence":"{{i + 1}}"}""");
            Assert.Equal($"{i + 2}", (await grants[i]).Body.GetProperty("fence").GetString());
            Assert.All(grants.Skip(i + 1), g => Assert.False(g.IsCompleted));
        }
    }

    private static async Task<System.Text.Json.JsonElement> UntilCertainAsync(Func<Task<(HttpStatusCode Status, System.Text.Json.JsonElement Body)>> ask)
    {
        (HttpStatusCode Status, System.Text.Json.JsonElement Body) last = default;
        await ClusterUnderTest.EventuallyAsync(async () => (last = await ask()).Status != HttpStatusCode.GatewayTimeout, "no certain answer came");
        return last.Body;
    }

    private static async Task<string> NewSessionAsync(ClusterUnderTest cluster, NodeProcess node, int ttl = 300) =>
        (await PostAsync(cluster, node, "/v1/sessions", $$"""{"ttlSeconds":{{ttl}}}""")).Body.GetProperty("sessionId").GetString()!;

    private static Task<(HttpStatusCode Status, System.Text.Json.JsonElement Body)> PostAsync(ClusterUnderTest cluster, NodeProcess node, string path, string json) =>
        cluster.SendUntilServedAsync(node, HttpMethod.Post, path, json);

    private static Task<(HttpStatusCode Status, System.Text.Json.JsonElement Body)> PutAsync(ClusterUnderTest cluster, NodeProcess node, string path, string json) =>
        cluster.SendUntilServedAsync(node, HttpMethod.Put, path, json);
}
