using System.Diagnostics;
using System.Net;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Failover;

/// <summary>The database goes and comes: answers stop, nobody is fenced or downed, everything resumes by itself.</summary>
public sealed class DatabaseLostTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Without_the_database_answers_stop_within_the_lease_and_with_it_everything_resumes_by_itself()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("postgres", 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var before = await cluster.IncarnationsAsync(cluster.Nodes[0]);
        var keys = Enumerable.Range(0, 12).Select(i => $"lost-{i}").ToArray();
        foreach (var key in keys) Assert.Equal(HttpStatusCode.OK, (await cluster.SendUntilServedAsync(cluster.Nodes[0], HttpMethod.Put, $"/v1/kv/{key}", """{"value":"b25l"}""")).Status);

        await cluster.Postgres!.DownAsync();
        var gone = Stopwatch.StartNew();
        TimeSpan last = default;
        while (gone.Elapsed < TimeSpan.FromSeconds(8))
        {
            // As of when it was asked: others that are asked at the same time may be answered late.
            var asked = gone.Elapsed;
            var answers = await Task.WhenAll(keys.Select((k, i) => cluster.SendAsync(cluster.Nodes[i % 3], HttpMethod.Get, $"/v1/kv/{k}")));
            if (answers.Any(a => a.Status == HttpStatusCode.OK)) last = asked;
            await Task.Delay(20);
        }
        output.WriteLine($"the last question that was answered came {last.TotalSeconds:0.00} s after the server had stopped");
        // The lease is 1.5 s; the answer takes its time too.
        Assert.True(last < TimeSpan.FromSeconds(4), $"reads were answered {last.TotalSeconds:0.0} s after the database had gone");

        await cluster.Postgres.UpAsync();
        var back = Stopwatch.StartNew();
        foreach (var node in cluster.Nodes) await node.WaitReadyAsync(ClusterUnderTest.Patience);
        output.WriteLine($"all ready {back.Elapsed.TotalSeconds:0.0} s after it was back");
        foreach (var (key, i) in keys.Select((k, i) => (k, i)))
            await ClusterUnderTest.EventuallyAsync(async () => (await cluster.SendAsync(cluster.Nodes[i % 3], HttpMethod.Get, $"/v1/kv/{key}")).Status == HttpStatusCode.OK, $"{key} is not answered");
        Assert.Equal(before.OrderBy(b => b.Key, StringComparer.Ordinal), (await cluster.IncarnationsAsync(cluster.Nodes[1])).OrderBy(b => b.Key, StringComparer.Ordinal));
    }
}
