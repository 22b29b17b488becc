using System.Diagnostics;
using AkkaHa.ClientApi;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>One lock that everybody wants, all the time: what it costs that there are many, and whether anybody waits much longer than the others. The figures are of a machine that does nothing else.</summary>
public sealed class HotLockTests(ITestOutputHelper output)
{
    /// <summary>A round of 64 takes some 70 ms since ADR 0042, and the longest pauses of two processors that all share are twice as long: in them all wait alike, which is not uneven.</summary>
    private const double PausesMs = 500;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(20);

    [LongFact]
    public async Task With_64_clients_waits_are_even_and_at_least_half_as_many_are_served_as_with_8()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var few = await RunAsync(cluster, "hot/8", 8);
        var many = await RunAsync(cluster, "hot/64", 64);
        Assert.InRange(many.ASecond, few.ASecond / 2, double.MaxValue);
        Assert.InRange(many.P999, 0, Math.Max(3 * many.Median, PausesMs));
        // Nobody is passed over: a round, and what is granted while a call is on its way.
        Assert.InRange(many.OthersAtMost, 0, 2 * 64);
    }

    private async Task<(double ASecond, double Median, double P999, long OthersAtMost)> RunAsync(ClusterUnderTest cluster, string name, int count)
    {
        var clients = Enumerable.Range(0, count).Select(_ => cluster.Connect()).ToArray();
        try
        {
            var (begun, grants) = (Stopwatch.StartNew(), new Grants());
            var all = (await Task.WhenAll(clients.Select(c => Task.Run(() => LoopAsync(c, name, begun, grants))))).SelectMany(w => w).ToArray();
            // Whenever it ended: who was passed over until the others had stopped counts, too.
            var (waits, others) = (all.Where(w => w.IsMeasured).Select(w => w.Ms).Order().ToArray(), all.Max(w => w.Others));
            double At(double part) => waits[(int)Math.Min(waits.Length - 1, part * waits.Length)];
            var (aSecond, median, p999) = (waits.Length / Measured.TotalSeconds, At(0.5), At(0.999));
            output.WriteLine($"{count} clients: {aSecond:0} pairs/s; waits: median {median:0.0} ms, p99 {At(0.99):0.0}, p99.9 {p999:0.0} ({p999 / median:0.00} x median), longest {waits[^1]:0.0}; at most {others} others served meanwhile");
            return (aSecond, median, p999, others);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    /// <summary>How long each wait took, in milliseconds, how many others got the lock meanwhile, and whether it is of the time that is measured.</summary>
    private static async Task<List<(double Ms, long Others, bool IsMeasured)>> LoopAsync(AkkaHaClient client, string name, Stopwatch begun, Grants grants)
    {
        var waits = new List<(double, long, bool)>();
        while (begun.Elapsed < WarmUp + Measured)
        {
            var (asked, before) = (begun.Elapsed, grants.Count);
            await using var held = await client.Locks.AcquireAsync(name);
            var others = grants.Add() - before - 1;
            waits.Add(((begun.Elapsed - asked).TotalMilliseconds, others, asked >= WarmUp && begun.Elapsed <= WarmUp + Measured));
        }
        return waits;
    }

    /// <summary>How often anybody got the lock.</summary>
    private sealed class Grants
    {
        private long count;

        public long Count => Interlocked.Read(ref count);

        public long Add() => Interlocked.Increment(ref count);
    }
}
