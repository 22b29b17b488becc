using System.Diagnostics;
using AkkaHa.Chaos.Nodes;
using AkkaHa.Cluster.Tests.Chaos;
using AkkaHa.Cluster.Tests.Telemetry;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Failover;

/// <summary>
/// Members are taken out on evidence, each kind by itself: the resolver of split brains would take a minute here, so that it can't be what did it.
/// </summary>
public sealed class EvidenceDowningTests(EvidenceDowningTests.Watched watched, ITestOutputHelper output) : IClassFixture<EvidenceDowningTests.Watched>
{
    /// <summary>With slack: the figures for an idle machine are in docs/guarantees.md.</summary>
    private static readonly TimeSpan TakenOutAtMost = TimeSpan.FromSeconds(30);

    private readonly ChaosCluster cluster = watched.Cluster;
    private readonly MemberWatch watch = watched.Watch;

    /// <summary>A cluster for all of them: each leaves it whole.</summary>
    public sealed class Watched : IAsyncLifetime
    {
        internal ChaosCluster Cluster { get; private set; } = null!;

        internal MemberWatch Watch { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Cluster = await ChaosCluster.StartAsync(3, "postgres", 1, ["--AkkaHa:Detection:StableAfterMs=60000"], CancellationToken.None);
            if (Environment.GetEnvironmentVariable("AKKAHA_KEEP") == "1") Cluster.Keep();
            Watch = new MemberWatch(Cluster);
            await Watch.RestAsync();
        }

        public async Task DisposeAsync()
        {
            Watch.Dispose();
            await Cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whoever_ends_stands_still_or_is_cut_off_is_taken_out_for_what_it_is_and_fenced()
    {
        var (one, two, three) = (cluster.Members[0], cluster.Members[1], cluster.Members[2]);
        await TakenOutAsync(two, "it can't be reached and its port refuses connections", "crashed", async () =>
        {
            await cluster.KillAsync(two);
            return two.Process.Start;
        });
        await TakenOutAsync(three, "it can't be reached and its lease has run out", "lease-expired", () =>
        {
            three.Process.Pause();
            return Task.FromResult<Action>(three.Process.Resume);
        });
        await TakenOutAsync(one, "it can't be reached and its lease has run out", "lease-expired", () =>
        {
            var (peers, database) = (watch.CutFromPeers(one), watch.CutFromDatabase(one));
            return Task.FromResult<Action>(() =>
            {
                peers.Dispose();
                database.Dispose();
            });
        });
        await TakenOutAsync(two, "it has had no valid lease for 5000 ms", "without-database", () => Task.FromResult<Action>(watch.CutFromDatabase(two).Dispose),
            // Both others see it in the same moment, and the one whose fence came second was seen to be the only one that says anything.
            "its incarnation is over");
    }

    [Fact]
    public async Task Nobody_is_downed_on_evidence_before_the_fence_is_committed()
    {
        var (asked, victim) = (cluster.Members[0], cluster.Members[2]);
        var incarnation = (await watch.IncarnationAsync(asked, victim))!;
        await using (var connection = new NpgsqlConnection(cluster.Database!.ConnectionString))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand("SELECT 1 FROM node WHERE node LIKE '% ' || $1 FOR UPDATE", connection, transaction) { Parameters = { new() { Value = incarnation } } })
                Assert.Equal(1, await hold.ExecuteScalarAsync());
            await cluster.KillAsync(victim);
            // Without that lock, it would be out long before.
            for (var since = Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromSeconds(6); await Task.Delay(100))
            {
                Assert.Equal(incarnation, await watch.IncarnationAsync(asked, victim));
                Assert.Empty(await watch.WhyDownedAsync(incarnation));
            }
        }
        await ClusterUnderTest.EventuallyAsync(async () => await watch.IncarnationAsync(asked, victim) is null, "it is not taken out when it can be fenced");
        Assert.True(await watch.IsFencedAsync(incarnation));
        Assert.Contains(await watch.WhyDownedAsync(incarnation), r => r.StartsWith("it can't be reached and its port refuses connections", StringComparison.Ordinal));
        victim.Process.Start();
        await watch.RestAsync();
    }

    [Fact]
    public async Task Whom_an_operator_downs_is_fenced_and_comes_back_as_another()
    {
        var (asked, victim) = (cluster.Members[0], cluster.Members[1]);
        var incarnation = (await watch.IncarnationAsync(asked, victim))!;
        Assert.False(await watch.IsFencedAsync(incarnation));
        var (exitCode, text) = await Cli.RunAsync(ClusterUnderTest.Patience, "cluster", "down", $"127.0.0.1:{victim.Process.Ports.Remote}", "--endpoint", asked.Process.GrpcUrl);
        Assert.Equal((0, $"{victim.Process.Address} is down, and fenced"), (exitCode, text.Trim()));
        Assert.True(await watch.IsFencedAsync(incarnation));
        await watch.RestAsync();
        Assert.NotEqual(incarnation, await watch.IncarnationAsync(asked, victim));
    }

    private async Task TakenOutAsync(ChaosNode victim, string why, string reason, Func<Task<Action>> strike, params string[] orElse)
    {
        var asked = cluster.Members.First(n => n != victim);
        var incarnation = (await watch.IncarnationAsync(asked, victim))!;
        async Task<double> FencesAsync() => await NodeMetrics.SumAsync($"akkaha_fences_total reason={reason}", cluster.Members.Where(n => n != victim).Select(n => n.Process));
        var fences = await FencesAsync();
        var since = Stopwatch.StartNew();
        var heal = await strike();
        try
        {
            while (await watch.IncarnationAsync(asked, victim) == incarnation)
            {
                Assert.True(since.Elapsed < TakenOutAtMost, $"{victim.Name} is a member still: {why}");
                await Task.Delay(50);
            }
            output.WriteLine($"{victim.Name} was out after {since.Elapsed.TotalSeconds:0.0} s: {why}");
            // Logs are written a little later.
            IReadOnlyList<string> logged = [];
            for (var until = DateTime.UtcNow + ClusterUnderTest.Patience; !logged.Any(r => orElse.Append(why).Any(w => r.StartsWith(w, StringComparison.Ordinal))); await Task.Delay(100))
            {
                if (DateTime.UtcNow > until) throw new TimeoutException($"no node has logged that {why}, but: {string.Join("; ", logged)}");
                logged = await watch.WhyDownedAsync(incarnation);
            }
            Assert.True(await watch.IsFencedAsync(incarnation));
            // Of those whose fence came second, none may have said more than that.
            if (orElse.Length == 0) await ClusterUnderTest.EventuallyAsync(async () => await FencesAsync() > fences, $"no fence is told by akkaha.fences for {reason}");
        }
        finally
        {
            heal();
        }
        await watch.RestAsync();
    }
}
