using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using AkkaHa.Cluster.Tests.Transactions;
using Xunit;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>Circles of waits, and several locks at once, as somebody with curl meets them.</summary>
public sealed class DeadlockTests(OneNode node) : IClassFixture<OneNode>
{
    /// <summary>It takes a second; a slow machine gets more.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(8);

    private readonly Curl curl = new(node.Cluster);

    [Fact]
    public async Task The_last_of_two_that_wait_for_each_other_is_told_of_the_circle_and_the_other_goes_on_when_it_lets_go()
    {
        var (first, second) = (await curl.SessionAsync(), await curl.SessionAsync());
        Assert.Equal(HttpStatusCode.OK, (await AcquireAsync("d/a", first, "f1")).Status);
        var held = (await AcquireAsync("d/b", second, "f2")).Body;
        var waits = AcquireAsync("d/b", first, "f1", wait: 50);
        await ClusterUnderTest.EventuallyAsync(async () => (await node.Cluster.GetAsync(node.Cluster.Nodes[0], "/v1/locks/d/b")).GetProperty("waiters").GetArrayLength() == 1, "the first does not wait");

        var watch = Stopwatch.StartNew();
        var (status, refused) = await AcquireAsync("d/a", second, "f2", wait: 50);

        Assert.Equal((HttpStatusCode.Conflict, "DEADLOCK"), (status, Curl.Code(refused)));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Within);
        Assert.Equal(
            [$"{second} f2 d/a", $"{first} f1 d/b"],
            refused.GetProperty("details").GetProperty("cycle").EnumerateArray().Select(e => $"{e.GetProperty("sessionId").GetString()} {e.GetProperty("flowId").GetString()} {e.GetProperty("lock").GetString()}"));
        await curl.PostAsync("/v1/locks/d/b:release", $$"""{"sessionId":"{{second}}","fence":"{{held.GetProperty("fence").GetString()}}"}""");
        Assert.Equal(HttpStatusCode.OK, (await waits.WaitAsync(ClusterUnderTest.Patience)).Status);
    }

    [Fact]
    public async Task Several_locks_are_had_together_taken_back_together_and_listed_with_their_session()
    {
        var session = await curl.SessionAsync();
        var all = $$"""{"sessionId":"{{session}}","requestId":"{{Guid.CreateVersion7()}}","locks":[{"name":"s/b"},{"name":"s/a","mode":"shared"}]}""";
        var granted = await curl.PostAsync("/v1/locks:acquireAll", all);
        Assert.Equal(["s/b 1 exclusive", "s/a 1 shared"], granted.GetProperty("locks").EnumerateArray().Select(l => $"{l.GetProperty("name").GetString()} {l.GetProperty("fence").GetString()} {l.GetProperty("mode").GetString()}"));
        var other = await curl.SessionAsync();
        var refused = await curl.PostAsync("/v1/locks:acquireAll", $$"""{"sessionId":"{{other}}","locks":[{"name":"s/0"},{"name":"s/b"}]}""");
        Assert.Equal(("LOCK_HELD", "s/b"), (Curl.Code(refused), refused.GetProperty("details").GetProperty("lock").GetString()));
        Assert.Empty((await node.Cluster.GetAsync(node.Cluster.Nodes[0], "/v1/locks/s/0")).GetProperty("holders").EnumerateArray());

        var requestId = JsonDocument.Parse(all).RootElement.GetProperty("requestId").GetString();
        var back = await curl.PostAsync("/v1/locks:cancelAll", $$"""{"sessionId":"{{session}}","requestId":"{{requestId}}"}""");
        Assert.True(back.GetProperty("cancelled").GetBoolean());
        Assert.Empty((await node.Cluster.GetAsync(node.Cluster.Nodes[0], "/v1/locks/s/b")).GetProperty("holders").EnumerateArray());
        var listed = (await node.Cluster.GetAsync(node.Cluster.Nodes[0], "/v1/sessions?limit=1000")).GetProperty("sessions").EnumerateArray().Select(s => s.GetProperty("sessionId").GetString()).ToArray();
        Assert.Contains(session, listed);
        Assert.Contains(other, listed);
        Assert.Equal(listed.Distinct().Count(), listed.Length);
    }

    /// <summary>Repeats as every client does, with the same request id, until there is an answer that says something.</summary>
    private async Task<(HttpStatusCode Status, JsonElement Body)> AcquireAsync(string name, string session, string flow, double wait = 0)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $$"""{"sessionId":"{{session}}","flowId":"{{flow}}","requestId":"{{Guid.CreateVersion7()}}","waitSeconds":{{wait}}}""");
        return await curl.PostUntilAnsweredAsync($"/v1/locks/{name}:acquire", body);
    }
}
