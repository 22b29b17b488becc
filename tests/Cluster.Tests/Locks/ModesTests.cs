using System.Net;
using System.Text.Json;
using AkkaHa.Cluster.Tests.Transactions;
using Xunit;
using static AkkaHa.Cluster.Tests.Transactions.Curl;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>Every mode of a lock, and what operators do with locks, against a node, with HTTP and JSON.</summary>
public sealed class ModesTests(OneNode one) : IClassFixture<OneNode>
{
    private readonly Curl curl = new(one.Cluster);

    private Task<JsonElement> AcquireAsync(string name, string session, string mode, string more = "") =>
        curl.PostAsync($"/v1/locks/{name}:acquire", $$"""{"sessionId":"{{session}}","mode":"{{mode}}"{{more}}}""");

    private static string Fence(JsonElement grant) => grant.TryGetProperty("fence", out var fence) ? fence.GetString()! : throw new InvalidOperationException(grant.ToString());

    private Task<JsonElement> LookAsync(string name) => curl.Cluster.GetAsync(curl.Cluster.Nodes[0], $"/v1/locks/{name}");

    private Task WaitForWaitersAsync(string name, int count) =>
        ClusterUnderTest.EventuallyAsync(async () => (await LookAsync(name)).GetProperty("waiters").GetArrayLength() == count, $"{name} does not have {count} waiters");

    [Fact]
    public async Task Readers_share_a_writer_waits_and_holds_back_those_who_come_after_it()
    {
        string[] sessions = [await curl.SessionAsync(), await curl.SessionAsync(), await curl.SessionAsync()];
        Assert.Equal(["1", "2"], [Fence(await AcquireAsync("m/rw", sessions[0], "shared")), Fence(await AcquireAsync("m/rw", sessions[1], "shared"))]);
        var writer = AcquireAsync("m/rw", sessions[2], "exclusive", ""","waitSeconds":60""");
        await WaitForWaitersAsync("m/rw", 1);
        Assert.Equal("LOCK_HELD", Code(await AcquireAsync("m/rw", sessions[0], "shared", ""","holderId":"another" """)));
        await curl.PostAsync("/v1/locks/m/rw:release", $$"""{"sessionId":"{{sessions[0]}}","fence":"1"}""");
        await curl.PostAsync("/v1/locks/m/rw:release", $$"""{"sessionId":"{{sessions[1]}}","fence":"2"}""");
        Assert.Equal("3", Fence(await writer));
    }

    [Fact]
    public async Task An_upgrade_waits_for_the_readers_and_the_second_who_tries_is_told()
    {
        string[] sessions = [await curl.SessionAsync(), await curl.SessionAsync()];
        await AcquireAsync("m/up", sessions[0], "upgradeable");
        await AcquireAsync("m/up", sessions[1], "shared");
        Assert.Equal("LOCK_HELD", Code(await AcquireAsync("m/up", sessions[1], "upgradeable", ""","holderId":"another" """)));
        var upgrade = curl.PostAsync("/v1/locks/m/up:upgrade", $$"""{"sessionId":"{{sessions[0]}}","fence":"1","waitSeconds":60}""");
        await WaitForWaitersAsync("m/up", 1);
        Assert.Equal("UPGRADE_CONFLICT", Code(await curl.PostAsync("/v1/locks/m/up:upgrade", $$"""{"sessionId":"{{sessions[1]}}","fence":"2","waitSeconds":1}""")));
        await curl.PostAsync("/v1/locks/m/up:release", $$"""{"sessionId":"{{sessions[1]}}","fence":"2"}""");
        Assert.Equal(("3", "exclusive"), (Fence(await upgrade), (await upgrade).GetProperty("mode").GetString()));
        Assert.Equal("FENCE_STALE", Code((await curl.Cluster.SendUntilServedAsync(curl.Cluster.Nodes[0], HttpMethod.Put, "/v1/kv/m/up", """{"value":"","lock":"m/up","fence":"1"}""")).Body));
        Assert.Equal("1", (await curl.Cluster.SendUntilServedAsync(curl.Cluster.Nodes[0], HttpMethod.Put, "/v1/kv/m/up", """{"value":"","lock":"m/up","fence":"3"}""")).Body.GetProperty("revision").GetString());
    }

    [Fact]
    public async Task A_semaphore_has_permits_up_to_its_limit_and_is_nothing_else_meanwhile()
    {
        var session = await curl.SessionAsync();
        await AcquireAsync("m/s", session, "semaphore", ""","permits":2,"limit":3""");
        await AcquireAsync("m/s", session, "semaphore", ""","limit":3""");
        Assert.Equal("LOCK_HELD", Code(await AcquireAsync("m/s", session, "semaphore", ""","limit":3""")));
        foreach (var (more, field) in new[] { (""","permits":4,"limit":3""", "permits"), (""","limit":4""", "limit") })
        {
            var refused = await AcquireAsync("m/s", session, "semaphore", more);
            Assert.Equal(("INVALID_ARGUMENT", field), (Code(refused), refused.GetProperty("details").GetProperty("field").GetString()));
            Assert.Contains("3", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        Assert.Equal("INVALID_ARGUMENT", Code(await AcquireAsync("m/s", session, "exclusive")));
    }

    [Fact]
    public async Task What_is_taken_away_by_force_is_said_with_the_next_keepalive_listed_and_watched()
    {
        string[] sessions = [await curl.SessionAsync(), await curl.SessionAsync()];
        var node = curl.Cluster.Nodes[0];
        using var http = new HttpClient();
        using var watched = await http.GetAsync(new Uri(node.HttpUrl + "/v1/locks:watch?prefix=f/"), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await watched.Content.ReadAsStreamAsync());
        Assert.Single(JsonDocument.Parse((await lines.ReadLineAsync())!).RootElement.EnumerateObject());

        await AcquireAsync("f/a", sessions[0], "exclusive");
        await AcquireAsync("f/b", sessions[0], "shared");
        var next = AcquireAsync("f/a", sessions[1], "exclusive", ""","waitSeconds":60""");
        await WaitForWaitersAsync("f/a", 1);
        Assert.Equal(["f/a", "f/b"], await NamesAsync("/v1/locks?prefix=f/"));
        Assert.Equal(["f/b"], await NamesAsync("/v1/locks?prefix=f/&after=f/a"));

        Assert.Equal(["1"], (await curl.PostAsync("/v1/locks/f/a:forceRelease", """{"reason":"stuck"}""")).GetProperty("fences").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal("2", Fence(await next));
        Assert.Equal("FENCE_STALE", Code(await curl.PostAsync("/v1/locks/f/a:release", $$"""{"sessionId":"{{sessions[0]}}","fence":"1"}""")));
        var told = default(JsonElement);
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            told = await curl.PostAsync($"/v1/sessions/{sessions[0]}:keepAlive", "{}");
            return told.GetProperty("lost").GetArrayLength() == 1;
        }, "the session was not told");
        var lost = told.GetProperty("lost")[0];
        Assert.Equal(("f/a", "1", "forced: stuck"), (lost.GetProperty("name").GetString(), lost.GetProperty("fence").GetString(), lost.GetProperty("reason").GetString()));
        var seen = await curl.PostAsync($"/v1/sessions/{sessions[0]}:keepAlive", $$"""{"lostSeen":"{{told.GetProperty("lostPosition").GetString()}}"}""");
        Assert.Equal(0, seen.GetProperty("lost").GetArrayLength());

        await curl.PostAsync("/v1/locks/f/a:release", $$"""{"sessionId":"{{sessions[1]}}","fence":"2"}""");
        Assert.Equal(HttpStatusCode.OK, (await curl.Cluster.SendUntilServedAsync(node, HttpMethod.Delete, $"/v1/sessions/{sessions[0]}")).Status);
        string[] expected = ["granted f/a 1", "granted f/b 1", "forced f/a 1", "granted f/a 2", "released f/a 2", "expired f/b 1"];
        Assert.Equal(expected, await EventsAsync(lines, expected.Length));
        await ClusterUnderTest.EventuallyAsync(async () => (await NamesAsync("/v1/locks?prefix=f/")).Length == 0, "locks that are free are listed");
    }

    private async Task<string[]> NamesAsync(string path) =>
        [.. (await curl.Cluster.GetAsync(curl.Cluster.Nodes[0], path)).GetProperty("locks").EnumerateArray().Select(l => l.GetProperty("name").GetString()!)];

    private static async Task<string[]> EventsAsync(StreamReader lines, int count)
    {
        var events = new List<string>();
        while (events.Count < count)
        {
            var line = JsonDocument.Parse((await lines.ReadLineAsync().WaitAsync(ClusterUnderTest.Patience))!).RootElement;
            if (line.TryGetProperty("type", out var type)) events.Add($"{type.GetString()} {line.GetProperty("name").GetString()} {line.GetProperty("fence").GetString()}");
        }
        return [.. events];
    }
}
