using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AkkaHa.Cli.Local;
using AkkaHa.Messages.V1;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Watches;

/// <summary>
/// Many watch, every put is below what some of them watch, and each watch is held against what was acknowledged: exactly those changes, each once, in one order that all share and that agrees with real time.
/// </summary>
public sealed class ManyWatchesTests(OneNode one, ITestOutputHelper output) : IClassFixture<OneNode>
{
    private const int Prefixes = 100;

    /// <summary>The goal is 150 ms on a machine that is not overloaded (docs/keys.md); a slow one must not turn a right program red.</summary>
    private const double MedianMs = 2000;

    /// <summary>Only with the machine alone, and little to do.</summary>
    private const double GoalMs = 150;

    [Fact]
    public Task A_thousand_watches_of_a_hundred_prefixes_are_each_told_exactly_what_was_acknowledged() => RunAsync(one.Cluster, watches: 1000, rate: 100, TimeSpan.FromSeconds(5));

    /// <summary>On three nodes, so that most writes are another node's than the one that is watched through.</summary>
    [LongFact]
    public async Task In_the_median_a_change_is_heard_of_within_the_goal()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("postgres", 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await RunAsync(cluster, watches: Prefixes, rate: 20, TimeSpan.FromSeconds(10), GoalMs);
    }

    [LongFact]
    public async Task Ten_thousand_watches_through_one_node_are_each_told_exactly_a_thousand_puts_a_second()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await RunAsync(cluster, watches: 10_000, rate: 1000, TimeSpan.FromSeconds(20));
    }

    private async Task RunAsync(ClusterUnderTest cluster, int watches, int rate, TimeSpan time, double medianMs = MedianMs)
    {
        var node = cluster.Nodes[0];
        await using var client = cluster.Connect();
        await WatchedPuts.RunAsync(client, TimeSpan.FromSeconds(3), rate / 2, Prefixes);
        var without = MemoryMiB(node);
        var (delays, began, events) = (new ConcurrentBag<double>(), 0, 0L);
        var all = Enumerable.Range(0, watches).Select(i => new RawWatch(i, WatchedPuts.Prefix(i % Prefixes)) { Told = Told }).ToArray();
        void Told(RawWatch watch, WatchEvent e)
        {
            if (!e.HasKey)
            {
                // Its first position.
                if (watch.Seen.Count == 0 && watch.MarkBegun()) Interlocked.Increment(ref began);
                return;
            }
            Interlocked.Increment(ref events);
            if (watch.Number < Prefixes) delays.Add(Stopwatch.GetElapsedTime(long.Parse(e.Value.Span, CultureInfo.InvariantCulture)).TotalMilliseconds);
        }
        var connections = await Task.WhenAll(all.Chunk(RawConnection.Streams).Select(c => RawConnection.OpenAsync(node.GrpcUrl, c)));
        try
        {
            await EventuallyAsync(() => Volatile.Read(ref began) == watches, () => $"only {began} of {watches} watches began");
            await Task.Delay(TimeSpan.FromSeconds(2));
            var idle = MemoryMiB(node);
            var (cpuBefore, mineBefore, since) = (CpuSeconds(node), Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
            var puts = await WatchedPuts.RunAsync(client, time, rate, Prefixes);
            var expected = puts.Count * (long)(watches / Prefixes);
            await EventuallyAsync(() => Interlocked.Read(ref events) >= expected, () => $"only {events} of {expected} events came");
            var (cpu, mine, took) = (CpuSeconds(node) - cpuBefore, (Process.GetCurrentProcess().TotalProcessorTime - mineBefore).TotalSeconds, since.Elapsed.TotalSeconds);
            // What would come twice comes now.
            await Task.Delay(TimeSpan.FromSeconds(1));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                {watches} watches of {Prefixes} prefixes: {puts.Count} puts in {took:0.0} s, {events} events; {connections.Sum(c => c.Ended)} times a stream ended
                delay from the put's call: median {Quantile(delays, 0.5):0} ms, 99 % {Quantile(delays, 0.99):0} ms
                the node used {cpu:0.0} s of CPU ({cpu / events * 1e6:0.0} µs for each event, puts and all), this process {mine:0.0} s
                memory: {without} MiB without, {idle} MiB with watches that wait ({(idle - without) * 1024.0 / watches:0.0} KiB each), {MemoryMiB(node)} MiB at the end
                """));
            Assert.All(connections, c => Assert.Null(c.Broken));
            Check(all, puts);
            Assert.Equal(expected, Interlocked.Read(ref events));
            Assert.InRange(Quantile(delays, 0.5), 0, medianMs);
        }
        finally
        {
            foreach (var connection in connections) await connection.DisposeAsync();
        }
    }

    private static void Check(RawWatch[] all, IReadOnlyList<AcknowledgedPut> puts)
    {
        for (var prefix = 0; prefix < Prefixes; prefix++)
        {
            var acknowledged = puts.Where(p => p.Prefix == prefix).ToDictionary(p => new SeenChange(p.Key, p.Revision));
            var watches = all.Where(w => w.Prefix == WatchedPuts.Prefix(prefix)).ToArray();
            foreach (var watch in watches)
            {
                Assert.Null(watch.Fault);
                // Of one order for all of them, so the first one's is looked at below.
                Assert.True(watch.Seen.SequenceEqual(watches[0].Seen), $"watch {watch.Number} was told other things, or in another order, than watch {watches[0].Number}");
            }
            var seen = watches[0].Seen;
            Assert.Equal(acknowledged.Count, seen.Count);
            var (last, latestCall) = (new Dictionary<int, long>(), 0L);
            foreach (var change in seen)
            {
                Assert.True(acknowledged.TryGetValue(change, out var put), $"{WatchedPuts.Prefix(prefix)}{change.Key}@{change.Revision} was never acknowledged");
                if (last.TryGetValue(change.Key, out var before)) Assert.Equal(before + 1, change.Revision);
                last[change.Key] = change.Revision;
                Assert.True(put.KnownAt >= latestCall, $"{change} came after one that was called when it was acknowledged already");
                latestCall = Math.Max(latestCall, put.SentAt);
            }
        }
    }

    private static async Task EventuallyAsync(Func<bool> holds, Func<string> otherwise)
    {
        for (var until = DateTime.UtcNow + ClusterUnderTest.Patience; !holds(); await Task.Delay(50))
            if (DateTime.UtcNow > until) throw new TimeoutException(otherwise());
    }

    private static long MemoryMiB(NodeProcess node) =>
        long.Parse(File.ReadLines($"/proc/{node.ProcessId}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private static double CpuSeconds(NodeProcess node)
    {
        using var process = Process.GetProcessById(node.ProcessId);
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static double Quantile(IReadOnlyCollection<double> values, double quantile) =>
        values.Count == 0 ? double.NaN : values.Order().ElementAt(Math.Min(values.Count - 1, (int)(values.Count * quantile)));
}
