using System.Diagnostics;
using AkkaHa.ClientApi;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Eventual;

/// <summary>
/// 100,000 counters and a set of 20,000, with what they take; the figures of docs/consistency.md:
/// <c>AKKAHA_LONG=1 dotnet test tests/Cluster.Tests --filter EventualSize -l 'console;verbosity=detailed'</c>.
/// </summary>
public sealed class EventualSizeTests(ITestOutputHelper output)
{
    private const int Counters = 100_000;
    private const int Elements = 20_000;
    private const int Clients = 32;

    [LongFact]
    public async Task A_hundred_thousand_counters_and_a_set_of_twenty_thousand_work_and_a_late_node_has_them_all()
    {
        await using var cluster = await ClusterUnderTest.CreateAsync("sqlite", 3);
        foreach (var node in cluster.Nodes.Take(2)) node.Start();
        foreach (var node in cluster.Nodes.Take(2)) await node.WaitReadyAsync(ClusterUnderTest.Patience);
        await using var client = cluster.Connect();
        Report("before", cluster);

        var next = -1;
        var since = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < Counters;) await client.Eventual.Counter($"many/{i}").IncrementAsync(i);
        }));
        output.WriteLine($"{Counters} counters made in {since.Elapsed.TotalSeconds:0} s: {Counters / since.Elapsed.TotalSeconds:0} a second, {Clients} clients, local");
        Report("with the counters", cluster);

        since.Restart();
        var set = client.Eventual.Set("large");
        foreach (var some in Enumerable.Range(0, Elements).Select(i => $"element-{i:00000}").Chunk(1000)) await set.AddAsync(some);
        output.WriteLine($"a set of {Elements} made in {since.Elapsed.TotalSeconds:0.0} s, 1,000 at once");
        await TimesAsync("one more element in it, local", i => set.AddAsync($"more-{i}"));
        await TimesAsync("one more element in it, majority", i => set.AddAsync($"most-{i}", EventualOptions.AtMajority));
        await TimesAsync("reading it", async _ => Assert.True((await set.GetAsync()).Count >= Elements));
        await TimesAsync("one of the counters, local", i => client.Eventual.Counter($"many/{i * 37}").IncrementAsync(0));
        await TimesAsync("one of the counters, majority", i => client.Eventual.Counter($"many/{i * 41}").IncrementAsync(0, EventualOptions.AtMajority));
        Report("with all", cluster);

        cluster.Nodes[2].Start();
        since.Restart();
        await cluster.Nodes[2].WaitReadyAsync(ClusterUnderTest.Patience);
        await using var late = AkkaHaClient.Connect(cluster.Nodes[2].GrpcUrl);
        await ClusterUnderTest.EventuallyAsync(async () => (await late.Eventual.ListAsync("counter").CountAsync()) == Counters, "the late node has not all counters");
        await ClusterUnderTest.EventuallyAsync(async () => (await late.Eventual.Set("large").GetAsync()).Count == Elements + 400, "the late node has not the whole set");
        output.WriteLine($"a node that joined had all after {since.Elapsed.TotalSeconds:0.0} s, its start included");
        for (var i = 0; i < Counters; i += 9973) Assert.Equal(i, await late.Eventual.Counter($"many/{i}").GetAsync());
        Report("at the end", cluster);
    }

    private async Task TimesAsync(string what, Func<int, Task> run)
    {
        var times = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var since = Stopwatch.GetTimestamp();
            await run(i);
            times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }
        times.Sort();
        output.WriteLine($"{what}: median {times[100]:0.0} ms, 99 of 100 below {times[198]:0.0} ms");
    }

    private void Report(string when, ClusterUnderTest cluster)
    {
        foreach (var node in cluster.Nodes.Where(n => n.IsRunning))
        {
            using var process = Process.GetProcessById(node.ProcessId);
            output.WriteLine($"{when}: {node.Name} has {process.WorkingSet64 / (1024 * 1024)} MiB");
        }
        var files = Directory.GetFiles(cluster.Local.Directory, "eventual-*.db", SearchOption.AllDirectories);
        output.WriteLine($"{when}: files of {string.Join(", ", files.Select(f => $"{new FileInfo(f).Length / (1024 * 1024)} MiB"))}");
    }
}
