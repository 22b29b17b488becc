using System.Text.Json;
using AkkaHa.Cli.Local;
using AkkaHa.Messages;
using Xunit;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>The queue is in the journal, and not in the node that dies.</summary>
public sealed class KilledOwnerTests
{
    private const int Waiters = 100;

    [Fact]
    public async Task When_the_owner_of_a_lock_is_killed_all_who_wait_are_served_in_order_and_nobody_twice()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3);
        var owner = await cluster.OwnerAsync($"{EntityId.LockKind}/hot");
        var others = cluster.Nodes.Where(n => n != owner).ToArray();
        var session = await SessionAsync(cluster, others[0]);
        var (first, attempt) = (Guid.CreateVersion7().ToString(), 0);
        Assert.Equal("1", Fence(await UntilDoneAsync(
            () => PostAsync(cluster, others[0], "/v1/locks/hot:acquire", $$"""{"sessionId":"{{session}}","requestId":"{{first}}","attempt":{{++attempt}}}"""), b => b.TryGetProperty("fence", out _))));
        var served = new List<int>();
        var waits = new List<Task>();
        for (var i = 0; i < Waiters; i++)
        {
            var number = i;
            waits.Add(WaitAndGiveBackAsync(cluster, others[number % others.Length], session, number, served));
            // One after the other, so that the order is known.
            var until = DateTime.UtcNow + ClusterUnderTest.Patience;
            while (!(await cluster.GetAsync(others[0], "/v1/locks/hot")).TryGetProperty("waiters", out var shown) || shown.GetArrayLength() <= number) Assert.True(DateTime.UtcNow < until, "a waiter is not shown");
        }

        await owner.KillAsync();
        await UntilDoneAsync(() => PostAsync(cluster, others[0], "/v1/locks/hot:release", $$"""{"sessionId":"{{session}}","fence":"1"}"""), b => b.TryGetProperty("fence", out _) || Is(b, "FENCE_STALE"));
        await Task.WhenAll(waits).WaitAsync(ClusterUnderTest.Patience);

        Assert.Equal(Enumerable.Range(0, Waiters), served);
        Assert.Equal($"{Waiters + 1}", (await UntilDoneAsync(() => cluster.GetAsync(others[0], "/v1/locks/hot"), b => b.TryGetProperty("lastFence", out _))).GetProperty("lastFence").GetString());
    }

    private static async Task WaitAndGiveBackAsync(ClusterUnderTest cluster, NodeProcess node, string session, int number, List<int> served)
    {
        var attempt = 0;
        var requestId = Guid.CreateVersion7().ToString();
        var grant = await UntilDoneAsync(
            () => PostAsync(cluster, node, "/v1/locks/hot:acquire", $$"""{"sessionId":"{{session}}","requestId":"{{requestId}}","attempt":{{++attempt}},"waitSeconds":60}"""), b => b.TryGetProperty("fence", out _));
        lock (served) served.Add(number);
        Assert.Equal(number + 2, int.Parse(Fence(grant), System.Globalization.CultureInfo.InvariantCulture));
        var release = 0;
        var releaseId = Guid.CreateVersion7().ToString();
        await UntilDoneAsync(
            () => PostAsync(cluster, node, "/v1/locks/hot:release", $$"""{"sessionId":"{{session}}","fence":"{{Fence(grant)}}","requestId":"{{releaseId}}","attempt":{{++release}}}"""), b => b.TryGetProperty("fence", out _));
    }

    /// <summary>Repeats as every client does.</summary>
    private static async Task<JsonElement> UntilDoneAsync(Func<Task<JsonElement>> call, Func<JsonElement, bool> isDone)
    {
        while (true)
        {
            var body = await call();
            if (isDone(body)) return body;
            Assert.True(Is(body, "UNAVAILABLE") || Is(body, "OUTCOME_UNKNOWN") || Is(body, "LOCK_HELD"), body.ToString());
            await Task.Delay(50);
        }
    }

    private static bool Is(JsonElement body, string code) => body.TryGetProperty("code", out var said) && said.GetString() == code;

    private static string Fence(JsonElement body) => body.GetProperty("fence").GetString()!;

    private static async Task<JsonElement> PostAsync(ClusterUnderTest cluster, NodeProcess node, string path, string json) => (await cluster.SendAsync(node, HttpMethod.Post, path, json)).Body;

    private static async Task<string> SessionAsync(ClusterUnderTest cluster, NodeProcess node) =>
        (await UntilDoneAsync(() => PostAsync(cluster, node, "/v1/sessions", """{"ttlSeconds":300}"""), b => b.TryGetProperty("sessionId", out _))).GetProperty("sessionId").GetString()!;
}
