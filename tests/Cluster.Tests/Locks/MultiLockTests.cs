using System.Net;
using System.Text.Json;
using AkkaHa.Cli.Local;
using AkkaHa.Cluster.Tests.Transactions;
using AkkaHa.Messages;
using Xunit;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>The node that drives acquireAlls is killed while each has one lock and waits for the next. Who comes back gets all; what nobody comes back for is given back.</summary>
public sealed class MultiLockTests
{
    private readonly string run = Guid.NewGuid().ToString("N")[..8];

    [Fact]
    public async Task After_a_kill_of_the_drivers_node_each_has_all_or_nothing()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3);
        var owners = await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var curl = new Curl(cluster);
        var session = await curl.SessionAsync(ttl: 300);
        var driver = cluster.Nodes.Single(n => n.Address == owners[SessionId.TryParse(session, out var id) ? id.Slot : throw new InvalidOperationException(session)]);
        var through = cluster.Nodes.First(n => n != driver);
        // Somebody has the middle one of each three.
        var other = await curl.SessionAsync(ttl: 300);
        var fence = (await AcquireAsync(cluster, through, Name("repeated", 1), other)).GetProperty("fence").GetString();
        await AcquireAsync(cluster, through, Name("left", 1), other);

        var repeated = SendAsync(cluster, through, session, "repeated", attempt: 1);
        var left = SendAsync(cluster, through, session, "left", attempt: 1);
        foreach (var which in (string[])["repeated", "left"])
        {
            await ClusterUnderTest.EventuallyAsync(async () => await HoldsAsync(cluster, through, Name(which, 0), which), $"{which} does not have its first lock");
            Assert.False(await HoldsAsync(cluster, through, Name(which, 2), which));
        }

        await driver.KillAsync();
        Assert.NotEqual(HttpStatusCode.OK, (await repeated).Status);
        Assert.NotEqual(HttpStatusCode.OK, (await left).Status);
        var again = Task.Run(async () =>
        {
            for (var attempt = 2; ; attempt++)
                if (await SendAsync(cluster, through, session, "repeated", attempt) is (HttpStatusCode.OK, var granted)) return granted;
        });
        await ReleaseAsync(cluster, through, Name("repeated", 1), other, fence!);
        var all = (await again.WaitAsync(ClusterUnderTest.Patience)).GetProperty("locks").EnumerateArray().ToArray();

        Assert.Equal(Enumerable.Range(0, 3).Select(i => Name("repeated", i)), all.Select(l => l.GetProperty("name").GetString()));
        foreach (var granted in all) Assert.True(await HoldsAsync(cluster, through, granted.GetProperty("name").GetString()!, "repeated", granted.GetProperty("fence").GetString()));
        await ClusterUnderTest.EventuallyAsync(async () => !await HoldsAsync(cluster, through, Name("left", 0), "left"), "what nobody came back for is held still");
        for (var i = 0; i < 3; i++) Assert.False(await HoldsAsync(cluster, through, Name("left", i), "left"));
    }

    private string Name(string which, int place) => $"{run}/{which}/{place}";

    private Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(ClusterUnderTest cluster, NodeProcess node, string session, string which, int attempt)
    {
        var locks = string.Join(",", Enumerable.Range(0, 3).Select(i => $$"""{"name":"{{Name(which, i)}}"}"""));
        return cluster.SendAsync(node, HttpMethod.Post, "/v1/locks:acquireAll",
            $$"""{"sessionId":"{{session}}","requestId":"{{run}}-{{which}}","holderId":"{{which}}","attempt":{{attempt}},"locks":[{{locks}}],"waitSeconds":20}""");
    }

    private static async Task<JsonElement> AcquireAsync(ClusterUnderTest cluster, NodeProcess node, string name, string session)
    {
        var (status, body) = await cluster.SendUntilServedAsync(node, HttpMethod.Post, $"/v1/locks/{name}:acquire", $$"""{"sessionId":"{{session}}"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        return body;
    }

    private static Task ReleaseAsync(ClusterUnderTest cluster, NodeProcess node, string name, string session, string fence) => ClusterUnderTest.EventuallyAsync(
        async () => (await cluster.SendAsync(node, HttpMethod.Post, $"/v1/locks/{name}:release", $$"""{"sessionId":"{{session}}","fence":"{{fence}}"}""")).Status is HttpStatusCode.OK or HttpStatusCode.Conflict,
        $"{name} could not be released");

    private static async Task<bool> HoldsAsync(ClusterUnderTest cluster, NodeProcess node, string name, string holder, string? fence = null)
    {
        var holds = false;
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            var (status, body) = await cluster.SendAsync(node, HttpMethod.Get, $"/v1/locks/{name}");
            if (status != HttpStatusCode.OK) return false;
            holds = body.GetProperty("holders").EnumerateArray().Any(h => h.GetProperty("holderId").GetString() == holder && (fence is null || h.GetProperty("fence").GetString() == fence));
            return true;
        }, $"{name} can't be read");
        return holds;
    }
}
