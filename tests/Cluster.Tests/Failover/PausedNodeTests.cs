using System.Diagnostics;
using System.Net;
using System.Text.Json;
using AkkaHa.Cli.Local;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Failover;

/// <summary>A node is stopped (SIGSTOP), replaced, and goes on in the belief that nothing has happened.</summary>
public sealed class PausedNodeTests(ITestOutputHelper output)
{
    private const int Keys = 12;
    private const int QuestionsEach = 3;

    [Fact]
    public async Task It_is_replaced_and_when_it_goes_on_it_answers_nothing_old_and_joins_again()
    {
        var seen = await RunAsync();
        Assert.Equal((0, 0), (seen.Stale, seen.Extended));
        // Bounds with slack: the figures for an idle machine are in docs/guarantees.md.
        Assert.True(seen.TakenOverAfter < TimeSpan.FromSeconds(20), $"taken over after {seen.TakenOverAfter}");
    }

    [LongFact]
    public async Task Without_the_gate_it_would_answer_from_old_state()
    {
        // When the node goes on, its fence and the questions race: a few rounds, if need be.
        for (var round = 1; round <= 4; round++)
            if (await RunAsync("--AkkaHa:Testing:Break=Gate") is { Stale: > 0 } or { Extended: > 0 }) return;
        Assert.Fail("no answer was old, although nothing kept the node from giving one");
    }

    [LongFact]
    public async Task One_that_was_taken_out_by_hand_answers_nothing_old_since_its_lease_is_waited_out()
    {
        var seen = await RunAsync(isDowned: true, LongLease);
        Assert.Equal((0, 0), (seen.Stale, seen.Extended));
        Assert.True(seen.TakenOverAfter > TimeSpan.FromSeconds(19), $"taken over after {seen.TakenOverAfter}, though its lease lasts for 20 s");
    }

    [LongFact]
    public async Task Without_waiting_out_the_lease_of_one_that_was_taken_out_by_hand_it_would()
    {
        for (var round = 1; round <= 4; round++)
            if (await RunAsync(isDowned: true, [.. LongLease, "--AkkaHa:Testing:Break=WaitOutLease"]) is { Stale: > 0 } or { Extended: > 0 }) return;
        Assert.Fail("no answer was old, although nobody waited for the lease to run out");
    }

    /// <summary>So long that a node which goes on after some seconds still has its lease.</summary>
    private static readonly string[] LongLease = ["--AkkaHa:Ownership:LeaseMs=20000", "--AkkaHa:Ownership:WithoutLeaseMs=60000"];

    private Task<Seen> RunAsync(params string[] settings) => RunAsync(isDowned: false, settings);

    private sealed record Seen(TimeSpan TakenOverAfter, int Stale, int Extended);

    private async Task<Seen> RunAsync(bool isDowned, string[] settings)
    {
        await using var cluster = await ClusterUnderTest.StartAsync("postgres", 3, settings);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var (asked, victim) = (cluster.Nodes[0], cluster.Nodes[1]);
        var before = await cluster.IncarnationsAsync(asked);
        var keys = await OwnedAsync(cluster, asked, victim);
        foreach (var key in keys) Assert.Equal(HttpStatusCode.OK, (await cluster.SendUntilServedAsync(victim, HttpMethod.Put, $"/v1/kv/{key}", """{"value":"b2xk"}""")).Status);
        var session = await SessionAsync(cluster, asked, victim);

        victim.Pause();
        var paused = Stopwatch.StartNew();
        if (isDowned) Assert.Equal(0, (await Cli.RunAsync(ClusterUnderTest.Patience, "cluster", "down", $"127.0.0.1:{victim.Ports.Remote}", "--endpoint", asked.GrpcUrl)).ExitCode);
        foreach (var key in keys)
            await ClusterUnderTest.EventuallyAsync(async () => (await cluster.SendAsync(asked, HttpMethod.Put, $"/v1/kv/{key}", """{"value":"bmV3"}""")).Status == HttpStatusCode.OK, $"{key} is not taken over");
        var takenOver = paused.Elapsed;
        await ClusterUnderTest.EventuallyAsync(async () => (await cluster.SendAsync(asked, HttpMethod.Get, $"/v1/sessions/{session}")).Status == HttpStatusCode.NotFound, "the session does not end");

        // They lie in the stopped process's sockets, and are the first that it sees.
        var reads = keys.SelectMany(k => Enumerable.Range(0, QuestionsEach).Select(_ => TryAsync(cluster, victim, HttpMethod.Get, $"/v1/kv/{k}", null))).ToArray();
        var keepAlives = Enumerable.Range(0, QuestionsEach).Select(_ => TryAsync(cluster, victim, HttpMethod.Post, $"/v1/sessions/{session}:keepAlive", "{}")).ToArray();
        await Task.Delay(500);
        victim.Resume();
        var stale = (await Task.WhenAll(reads)).Count(IsOld);
        var extended = (await Task.WhenAll(keepAlives)).Count(a => a is { Status: HttpStatusCode.OK });

        // And it goes on being asked, until it is back.
        var ready = victim.WaitReadyAsync(ClusterUnderTest.Patience);
        while (!ready.IsCompleted)
            foreach (var key in keys) stale += IsOld(await TryAsync(cluster, victim, HttpMethod.Get, $"/v1/kv/{key}", null)) ? 1 : 0;
        await ready;
        output.WriteLine($"{string.Join(' ', settings)} taken over after {takenOver.TotalSeconds:0.00} s; {stale} old answers, {extended} keepalives of an ended session; back {paused.Elapsed.TotalSeconds:0.0} s after the pause began");
        await ClusterUnderTest.EventuallyAsync(async () => await cluster.IncarnationsAsync(asked) is { Count: 3 } now && now[victim.Address] != before[victim.Address], "it has not joined as a new incarnation");
        return new Seen(takenOver, stale, extended);
    }

    private static bool IsOld((HttpStatusCode Status, JsonElement Body)? answer) =>
        answer is { Status: HttpStatusCode.NotFound } || (answer is { Status: HttpStatusCode.OK } ok && ok.Body.GetProperty("value").GetString() == "b2xk");

    private static async Task<List<string>> OwnedAsync(ClusterUnderTest cluster, NodeProcess asked, NodeProcess owner)
    {
        var keys = new List<string>();
        for (var i = 0; keys.Count < Keys; i++)
            if ((await cluster.GetAsync(asked, $"/v1/ring?key=kv/paused-{i}")).GetProperty("node").GetString() == owner.Address) keys.Add($"paused-{i}");
        return keys;
    }

    /// <summary>One whose slot the owner has; nobody keeps it alive.</summary>
    private static async Task<string> SessionAsync(ClusterUnderTest cluster, NodeProcess asked, NodeProcess owner)
    {
        while (true)
        {
            var session = (await cluster.SendUntilServedAsync(owner, HttpMethod.Post, "/v1/sessions", """{"ttlSeconds":3}""")).Body.GetProperty("sessionId").GetString()!;
            var slot = session[..session.IndexOf('-', StringComparison.Ordinal)];
            if ((await cluster.GetAsync(asked, $"/v1/ring?key=session/{slot}")).GetProperty("node").GetString() == owner.Address) return session;
        }
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)?> TryAsync(ClusterUnderTest cluster, NodeProcess node, HttpMethod method, string path, string? json)
    {
        try
        {
            return await cluster.SendAsync(node, method, path, json);
        }
        catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is TaskCanceledException or JsonException)
        {
            // No answer is no old answer.
            return null;
        }
    }
}
