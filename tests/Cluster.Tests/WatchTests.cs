using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using AkkaHa.Cli.Local;
using AkkaHa.ClientApi;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using Xunit.Abstractions;
using KeyEventType = AkkaHa.Messages.V1.KeyEventType;

namespace AkkaHa.Cluster.Tests;

/// <summary>Watches and lists with real processes.</summary>
public sealed class WatchTests(ITestOutputHelper output)
{
    private const int Writers = 6;

    /// <summary>Through node A until it is killed, then through node B from the last position: each key's revisions follow one another, none left out and none twice.</summary>
    [LongTheory]
    [MemberData(nameof(ClusterUnderTest.AtLeast), "sqlite", MemberType = typeof(ClusterUnderTest))]
    public async Task A_watch_goes_on_at_another_node_after_its_own_was_killed_under_load(string provider)
    {
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var client = cluster.Connect();
        var seen = new ConcurrentDictionary<string, (long Revision, string Value)>();
        var delays = new ConcurrentBag<double>();
        var written = new ConcurrentDictionary<string, long>();
        using var stop = new CancellationTokenSource();
        using var finished = new CancellationTokenSource();

        var started = new TaskCompletionSource();
        var watch = FollowAsync(cluster.Nodes[0], [cluster.Nodes[1], cluster.Nodes[2]], e =>
        {
            if (!e.HasKey)
            {
                started.TrySetResult();
                return;
            }
            var before = seen.GetValueOrDefault(e.Key);
            Assert.Equal(before.Revision + 1, e.Revision);
            seen[e.Key] = (e.Revision, e.Value.ToStringUtf8());
            delays.Add(Stopwatch.GetElapsedTime(long.Parse(e.Value.ToStringUtf8().Split(' ')[1], CultureInfo.InvariantCulture)).TotalMilliseconds);
        }, finished.Token);
        await started.Task.WaitAsync(ClusterUnderTest.Patience);

        var load = Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    written[$"w/{w}"] = (await client.Keys.PutAsync($"w/{w}", string.Create(CultureInfo.InvariantCulture, $"{i} {Stopwatch.GetTimestamp()}"))).Value;
                }
                catch (AkkaHaException)
                {
                    // The revision goes on from wherever it is.
                }
                await Task.Delay(5);
            }
        })).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(4));
        var (count, median) = (delays.Count, Median(delays));
        output.WriteLine($"{count} changes; from the put's call to its event: median {median:0.0} ms");
        delays.Clear();
        await cluster.Nodes[0].KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(10));
        await stop.CancelAsync();
        await Task.WhenAll(load).WaitAsync(ClusterUnderTest.Patience);
        await ClusterUnderTest.EventuallyAsync(() =>
        {
            if (watch.IsFaulted) watch.GetAwaiter().GetResult();
            return Task.FromResult(written.All(w => seen.GetValueOrDefault(w.Key).Revision >= w.Value));
        }, "not every acknowledged write was seen");
        output.WriteLine($"{delays.Count} changes afterwards; median {Median(delays):0.0} ms");
        await finished.CancelAsync();
        Assert.Equal(cluster.Nodes[1], await watch);
        Assert.True(seen.Values.Sum(s => s.Revision) > 500 && delays.Count > 100);
        Assert.InRange(median, 0, 1000);
    }

    [Theory]
    [MemberData(nameof(ClusterUnderTest.AtLeast), "postgres", MemberType = typeof(ClusterUnderTest))]
    public async Task Each_node_lists_what_was_acknowledged_through_any_other(string provider)
    {
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var slowest = TimeSpan.Zero;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async lane =>
        {
            for (var i = 0; i < 25; i++)
            {
                var (writer, reader) = (cluster.Nodes[(i + lane) % 3], cluster.Nodes[(i + lane + 1 + (i % 2)) % 3]);
                var key = $"list/{lane}/{i:00}";
                // Every other one is a transaction with a neighbour: acknowledged before it is applied.
                var (status, answer) = i % 2 == 0
                    ? await AnsweredAsync(cluster, writer, HttpMethod.Put, $"/v1/kv/{key}", """{"value":"b25l"}""")
                    : await AnsweredAsync(cluster, writer, HttpMethod.Post, "/v1/transactions", $$$"""{"then":[{"put":{"key":"{{{key}}}","value":"b25l"}},{"put":{"key":"other/{{{lane}}}/{{{i}}}","value":"b25l"}}]}""");
                Assert.True(status == HttpStatusCode.OK, $"{status}: {answer}");
                var since = Stopwatch.StartNew();
                var (_, page) = await AnsweredAsync(cluster, reader, HttpMethod.Get, $"/v1/kv?prefix=list/{lane}/&limit=100&keysOnly=true");
                if (since.Elapsed > slowest) slowest = since.Elapsed;
                Assert.Equal(Enumerable.Range(0, i + 1).Select(n => $"list/{lane}/{n:00}"), page.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("key").GetString()));
            }
        }));
        output.WriteLine($"the slowest list took {slowest.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task A_browser_is_told_by_server_sent_events_and_a_leaving_node_says_so()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 2);
        var node = cluster.Nodes[1];
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{node.HttpUrl}/v1/watch?prefix=a/"));
        request.Headers.Add("Accept", "text/event-stream");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("id: ", await lines.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("event: heartbeat", await lines.ReadLineAsync());
        await cluster.SendUntilServedAsync(cluster.Nodes[0], HttpMethod.Put, "/v1/kv/a/b", """{"value":"b25l"}""");
        var text = "";
        while (!text.Contains("event: put", StringComparison.Ordinal)) text += await lines.ReadLineAsync() + "\n";
        var data = JsonDocument.Parse((await lines.ReadLineAsync())!["data: ".Length..]).RootElement;
        Assert.Equal(("put", "a/b", "b25l", "1"), (data.GetProperty("type").GetString(), data.GetProperty("key").GetString(), data.GetProperty("value").GetString(), data.GetProperty("revision").GetString()));
        var leaving = node.TerminateAsync(ClusterUnderTest.Patience);
        var rest = await lines.ReadToEndAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Contains("event: error\ndata: {\"code\":\"UNAVAILABLE\"", rest, StringComparison.Ordinal);
        await leaving;
    }

    /// <summary>With a rule off, rows go at once instead of after ten minutes.</summary>
    [Fact]
    public async Task A_position_whose_rows_have_gone_is_refused_as_compacted()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1, "--AkkaHa:Testing:Break=Retention");
        var node = cluster.Nodes[0];
        await using var client = cluster.Connect();
        var early = (await client.Keys.GetPositionAsync()).Text;
        using var stop = new CancellationTokenSource();
        var puts = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.Keys.PutAsync("hot", "x")));
        });
        using var http = new HttpClient();
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            // Rows go when both indexes have read them; a list brings its index forward.
            await cluster.GetAsync(node, "/v1/kv?keysOnly=true");
            await cluster.GetAsync(node, "/v1/locks");
            using var response = await http.GetAsync(new Uri($"{node.HttpUrl}/v1/watch?key=hot&from={early}"), HttpCompletionOption.ResponseHeadersRead);
            // Or the database is too busy with the puts to say.
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable) return false;
            Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
            var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            Assert.Equal("COMPACTED", error.GetProperty("code").GetString());
            using var later = await http.GetAsync(new Uri($"{node.HttpUrl}/v1/watch?key=hot&from={error.GetProperty("details").GetProperty("oldest").GetString()}"), HttpCompletionOption.ResponseHeadersRead);
            return later.StatusCode == HttpStatusCode.OK;
        }, "no row has gone");
        await stop.CancelAsync();
        await puts;
    }

    /// <summary>Nobody asks for these keys: the sweeper finds them in the index, and the keys end.</summary>
    [Theory]
    [MemberData(nameof(ClusterUnderTest.AtLeast), "sqlite", MemberType = typeof(ClusterUnderTest))]
    public async Task Who_watches_sees_a_key_expire_within_two_seconds_of_its_time_and_of_its_sessions_end(string provider)
    {
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        using var channel = GrpcChannel.ForAddress(cluster.Nodes[1].GrpcUrl);
        using var patience = new CancellationTokenSource(ClusterUnderTest.Patience);
        using var call = new Keys.KeysClient(channel).Watch(new WatchRequest { Prefix = "e/" }, cancellationToken: patience.Token);
        Assert.True(await call.ResponseStream.MoveNext(patience.Token));
        var session = (await cluster.SendUntilServedAsync(cluster.Nodes[0], HttpMethod.Post, "/v1/sessions", """{"ttlSeconds":60}""")).Body.GetProperty("sessionId").GetString();
        // Not before the first of both, which is counted from the call; late is what comes after the other, counted from the answer.
        var due = new Dictionary<string, (double Earliest, double Latest)>();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++)
        {
            var (called, ttl) = (clock.Elapsed.TotalSeconds, 1 + (i * 0.2));
            var (status, answer) = await cluster.SendUntilServedAsync(cluster.Nodes[i % 3], HttpMethod.Put, $"/v1/kv/e/{i}", $$"""{"value":"b25l","ttlSeconds":{{ttl}}}""");
            Assert.True(status == HttpStatusCode.OK, answer.ToString());
            due[$"e/{i}"] = (called + ttl, clock.Elapsed.TotalSeconds + ttl);
        }
        var bound = await cluster.SendUntilServedAsync(cluster.Nodes[0], HttpMethod.Put, "/v1/kv/e/bound", $$"""{"value":"b25l","sessionId":"{{session}}"}""");
        Assert.True(bound.Status == HttpStatusCode.OK, bound.Body.ToString());
        // Nobody keeps this one alive.
        const int leftTtl = 6;
        var leftCalled = clock.Elapsed.TotalSeconds;
        var left = (await cluster.SendUntilServedAsync(cluster.Nodes[1], HttpMethod.Post, "/v1/sessions", $$"""{"ttlSeconds":{{leftTtl}}}""")).Body.GetProperty("sessionId").GetString();
        due["e/left"] = (leftCalled + leftTtl, clock.Elapsed.TotalSeconds + leftTtl);
        bound = await cluster.SendUntilServedAsync(cluster.Nodes[1], HttpMethod.Put, "/v1/kv/e/left", $$"""{"value":"b25l","sessionId":"{{left}}"}""");
        Assert.True(bound.Status == HttpStatusCode.OK, bound.Body.ToString());
        await Task.Delay(500);
        due["e/bound"] = (clock.Elapsed.TotalSeconds, clock.Elapsed.TotalSeconds);
        await cluster.SendUntilServedAsync(cluster.Nodes[2], HttpMethod.Delete, $"/v1/sessions/{session}");
        var late = new List<double>();
        while (due.Count > 0)
        {
            Assert.True(await call.ResponseStream.MoveNext(patience.Token));
            var e = call.ResponseStream.Current;
            if (!e.HasKey || e.Type == KeyEventType.Put) continue;
            Assert.Equal((KeyEventType.Expire, 2), (e.Type, e.Revision));
            Assert.True(due.Remove(e.Key, out var at));
            Assert.InRange(clock.Elapsed.TotalSeconds, at.Earliest - 0.2, double.MaxValue);
            late.Add(clock.Elapsed.TotalSeconds - at.Latest);
        }
        output.WriteLine($"expired {string.Join(", ", late.Select(l => l.ToString("0.00", CultureInfo.InvariantCulture)))} s after their time");
        // With slack for a machine that has other things to do.
        Assert.InRange(late.Max(), double.MinValue, LongFactAttribute.IsOn ? 2 : 15);
    }

    /// <summary>Repeats as every client does: a node of a machine that stood still for a moment says that it is not available.</summary>
    private static async Task<(HttpStatusCode Status, JsonElement Body)> AnsweredAsync(ClusterUnderTest cluster, NodeProcess node, HttpMethod method, string path, string? json = null)
    {
        (HttpStatusCode Status, JsonElement Body) last = default;
        await ClusterUnderTest.EventuallyAsync(
            async () => (last = await cluster.SendAsync(node, method, path, json)).Status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout), "no certain answer came");
        return last;
    }

    /// <summary>Follows a watch at one node and, when it breaks, at the next ones from where it was. The answer: where it was at the end.</summary>
    private static async Task<NodeProcess> FollowAsync(NodeProcess first, IEnumerable<NodeProcess> next, Action<WatchEvent> take, CancellationToken ct)
    {
        var nodes = new Queue<NodeProcess>([first, .. next]);
        var from = "";
        while (true)
        {
            var node = nodes.Peek();
            try
            {
                using var channel = GrpcChannel.ForAddress(node.GrpcUrl);
                using var call = new Keys.KeysClient(channel).Watch(new WatchRequest { Prefix = "w/", From = from }, cancellationToken: ct);
                await foreach (var e in call.ResponseStream.ReadAllAsync(ct))
                {
                    from = e.Position;
                    take(e);
                }
            }
            catch (RpcException) when (!ct.IsCancellationRequested)
            {
                nodes.Enqueue(nodes.Dequeue());
                await Task.Delay(100, CancellationToken.None);
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                return node;
            }
        }
    }

    private static double Median(IReadOnlyCollection<double> values) => values.Count == 0 ? double.NaN : values.Order().ElementAt(values.Count / 2);
}
