using System.Diagnostics;
using AkkaHa.ClientApi;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>One lock that everybody wants, all the time: what it costs that there are many, and whether anybody waits much longer than the others. The figures are of a machine that does nothing else.</summary>
public sealed class HotLockTests(ITestOutputHelper output)
{
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
        Assert.InRange(many.P999, 0, 3 * many.Median);
    }

    private async Task<(double ASecond, double Median, double P999)> RunAsync(ClusterUnderTest cluster, string name, int count)
    {
        var clients = Enumerable.Range(0, count).Select(_ => cluster.Connect()).ToArray();
        try
        {
            var begun = Stopwatch.StartNew();
            var waits = (await Task.WhenAll(clients.Select(c => Task.Run(() => LoopAsync(c, name, begun))))).SelectMany(w => w).Order().ToArray();
            double At(double part) => waits[(int)Math.Min(waits.Length - 1, part * waits.Length)];
            var (aSecond, median, p999) = (waits.Length / Measured.TotalSeconds, At(0.5), At(0.999));
            output.WriteLine($"{count} clients: {aSecond:0} pairs/s; waits: median {median:0.0} ms, p99 {At(0.99):0.0}, p99.9 {p999:0.0} ({p999 / median:0.00} x median), longest {waits[^1]:0.0}");
            return (aSecond, median, p999);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    /// <summary>How long each of the measured waits took, in milliseconds.</summary>
    private static async Task<List<double>> LoopAsync(AkkaHaClient client, string name, Stopwatch begun)
    {
        var waits = new List<double>();
        while (begun.Elapsed < WarmUp + Measured)
        {
            var asked = begun.Elapsed;
            await using var held = await client.Locks.AcquireAsync(name);
            if (asked >= WarmUp && begun.Elapsed <= WarmUp + Measured) waits.Add((begun.Elapsed - asked).TotalMilliseconds);
        }
        return waits;
    }
}
