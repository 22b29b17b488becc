using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using AkkaHa.Chaos.Nodes;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Eventual;

/// <summary>Eventual data in real processes, while what can break breaks.</summary>
public sealed class EventualTests(EventualCluster data, ITestOutputHelper output) : IClassFixture<EventualCluster>
{
    /// <summary>3 s on a machine that is free; with slack for one that is not.</summary>
    private static readonly TimeSpan EqualWithin = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task After_a_cut_of_two_seconds_and_a_half_in_which_all_were_written_all_have_the_same()
    {
        string[] names = ["counter/cut", "set/cut", "map/cut"];
        foreach (var node in data.Nodes) await WriteAsync(node, -1);
        await EqualAsync(names);
        var (counted, cut) = (data.Nodes.Count, Stopwatch.StartNew());
        using (data.Watch.CutFromPeers(data.Nodes[0]))
        {
            for (var i = 0; cut.Elapsed < TimeSpan.FromSeconds(2.5); i++)
            {
                foreach (var node in data.Nodes) await WriteAsync(node, i);
                counted += data.Nodes.Count;
                await Task.Delay(20);
            }
            var alone = await data.UpdateAsync(data.Nodes[0], "counter/alone", """{"increment":"5","consistency":"majority","timeoutSeconds":0.3}""");
            Assert.Equal((HttpStatusCode.GatewayTimeout, "PARTIAL"), (alone.Status, alone.Body.GetProperty("code").GetString()));
            var others = await data.UpdateAsync(data.Nodes[1], "counter/others", """{"increment":"5","consistency":"majority"}""");
            Assert.Equal(HttpStatusCode.OK, others.Status);
        }
        var healed = Stopwatch.StartNew();
        await EqualAsync([.. names, "counter/alone", "counter/others"]);
        output.WriteLine($"{counted} writes of each kind; all the same {healed.Elapsed.TotalSeconds:0.0} s after the cut");
        Assert.True(healed.Elapsed < EqualWithin, $"all the same only {healed.Elapsed.TotalSeconds:0.0} s after the cut");
        Assert.Equal($"{counted}", await data.ValueAsync(data.Nodes[0], "counter/cut"));
        Assert.Equal("5", await data.ValueAsync(data.Nodes[2], "counter/alone"));
        await data.RestAsync();
    }

    [Fact]
    public async Task Without_the_database_everything_is_read_and_written_without_an_error()
    {
        await data.Cluster.Database!.DownAsync();
        var (since, calls) = (Stopwatch.StartNew(), 0);
        var atMost = EventualCluster.Of(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(6));
        for (; since.Elapsed < atMost; calls++)
        {
            foreach (var node in data.Nodes)
            {
                Assert.Equal(HttpStatusCode.OK, (await data.UpdateAsync(node, "counter/nodb", """{"increment":"1","consistency":"majority","timeoutSeconds":5}""")).Status);
                Assert.Equal(HttpStatusCode.OK, (await data.SendAsync(node, HttpMethod.Get, "/v1/eventual/counter/nodb?consistency=all&timeoutSeconds=5")).Status);
                Assert.Equal(HttpStatusCode.OK, (await data.SendAsync(node, HttpMethod.Get, "/ready/eventual")).Status);
            }
            await Task.Delay(10);
        }
        foreach (var node in data.Nodes) Assert.Equal(HttpStatusCode.ServiceUnavailable, (await data.SendAsync(node, HttpMethod.Get, "/ready")).Status);
        output.WriteLine($"{3 * calls} writes and as many reads in {since.Elapsed.TotalSeconds:0} s");
        await IsAsync("counter/nodb", 3 * calls);
        await data.Cluster.Database.UpAsync();
        await data.RestAsync();
    }

    [LongFact]
    public async Task After_a_kill_of_all_nodes_every_change_older_than_the_window_is_there()
    {
        var kept = 0;
        for (; kept < 50; kept++)
            Assert.Equal(HttpStatusCode.OK, (await data.UpdateAsync(data.Nodes[kept % 3], "counter/killed", $$"""{"increment":"1","requestId":"{{Guid.CreateVersion7()}}"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await data.UpdateAsync(data.Nodes[0], "set/killed", """{"add":["a","b"]}""")).Status);
        // The window is 0.2 s; a machine that stands still for a while gets more.
        await Task.Delay(TimeSpan.FromSeconds(5));
        await Task.WhenAll(data.Nodes.Select(n => data.Cluster.KillAsync(n)));
        foreach (var node in data.Nodes) node.Process.Start();
        await data.RestAsync();
        await EqualAsync(["counter/killed", "set/killed"]);
        Assert.Equal($"{kept}", await data.ValueAsync(data.Nodes[1], "counter/killed"));
        Assert.Equal("""["a","b"]""", (await data.ValueAsync(data.Nodes[2], "set/killed"))!.Replace(" ", "", StringComparison.Ordinal));
        // The replicas are others now: what they do is not taken for what the last ones did.
        foreach (var node in data.Nodes) await data.UpdateAsync(node, "counter/killed", """{"increment":"1","consistency":"all","timeoutSeconds":10}""");
        await IsAsync("counter/killed", kept + 3);
    }

    [Fact]
    public async Task Increments_of_which_many_are_repeated_some_through_other_nodes_count_once_also_when_a_node_is_killed()
    {
        var increments = EventualCluster.Of(10_000, 400);
        var killed = data.Nodes[2];
        var (next, repeats, done) = (0, 0, new ConcurrentBag<int>());
        var random = new Random(1);
        var plan = Enumerable.Range(0, increments).Select(_ => (Node: random.Next(3), Repeat: random.NextDouble() < 0.3, Elsewhere: random.NextDouble() < 0.5)).ToArray();
        var storm = Enumerable.Range(0, 16).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number <= increments)
            {
                var (node, repeat, elsewhere) = plan[number - 1];
                var id = Guid.CreateVersion7();
                await UntilDoneAsync(node, id);
                if (repeat)
                {
                    await UntilDoneAsync(elsewhere ? node + 1 : node, id);
                    Interlocked.Increment(ref repeats);
                }
                done.Add(number);
            }
        }).ToList();
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(done.Count > increments / 2), "no headway");
        await data.Cluster.KillAsync(killed);
        await Task.Delay(500);
        killed.Process.Start();
        await Task.WhenAll(storm);
        await data.RestAsync();
        await EqualAsync(["counter/storm"]);
        output.WriteLine($"{increments} increments, {repeats} repeated");
        await IsAsync("counter/storm", increments);

        // With the same id until it is answered, through the next node when there is none.
        async Task UntilDoneAsync(int node, Guid id)
        {
            for (var attempt = 1; ; attempt++, node++)
            {
                var json = string.Create(CultureInfo.InvariantCulture, $$"""{"increment":"1","consistency":"majority","requestId":"{{id}}","attempt":{{attempt}} }""");
                if ((await data.UpdateAsync(data.Nodes[node % 3], "counter/storm", json)).Status == HttpStatusCode.OK) return;
                Assert.True(attempt < 200, "never done");
                await Task.Delay(20);
            }
        }
    }

    private async Task WriteAsync(ChaosNode node, int number)
    {
        foreach (var (what, json) in new[] { ("counter/cut", """{"increment":"1"}"""), ("set/cut", $$"""{"add":["{{node.Index}}-{{number}}"]}"""), ("map/cut", $$$"""{"set":{"f{{{number % 5}}}":"{{{node.Index}}}-{{{number}}}"}}""") })
            Assert.Equal(HttpStatusCode.OK, (await data.UpdateAsync(node, what, json)).Status);
    }

    /// <summary>As all nodes have it: one of them may take its time to say so.</summary>
    private async Task IsAsync(string counter, int expected)
    {
        string? value = null;
        await ClusterUnderTest.EventuallyAsync(async () => (value = await data.ValueAsync(data.Nodes[0], counter, "all")) is not null, $"not all nodes answer for {counter}");
        Assert.Equal($"{expected}", value);
    }

    private async Task EqualAsync(string[] names)
    {
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            foreach (var name in names)
            {
                var values = await Task.WhenAll(data.Nodes.Select(n => data.ValueAsync(n, name)));
                if (values[0] is null || values.Distinct().Count() != 1) return false;
            }
            return true;
        }, "they are not the same");
    }
}
