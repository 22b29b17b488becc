using AkkaHa.Chaos.Nodes;
using AkkaHa.Cluster.Tests.Chaos;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Failover;

/// <summary>The first seed, which alone may found a cluster, while it can't reach the one that lives.</summary>
public sealed class FirstSeedTests(ITestOutputHelper output)
{
    /// <summary>Several times what a first seed waits for an answer before it founds (3 s).</summary>
    private static readonly TimeSpan CutFor = TimeSpan.FromSeconds(10);

    [LongFact]
    public async Task Cut_off_from_the_others_alone_it_founds_nothing_and_rejoins_by_itself() => await RunAsync(async (cluster, watch) =>
    {
        var first = cluster.Members[0];
        var before = await watch.IncarnationAsync(cluster.Members[1], first);
        using (watch.CutFromPeers(first))
        {
            await ClusterUnderTest.EventuallyAsync(async () => (await watch.MembersAsync(cluster.Members[1])).Count == 2, "it was not downed");
            // By the resolver, since it renews; and fenced for it.
            await ClusterUnderTest.EventuallyAsync(() => watch.IsFencedAsync(before!), "its row is not fenced");
            await watch.NeverAloneAsync(first, CutFor);
        }
        await watch.RestAsync();
        Assert.NotEqual(before, await watch.IncarnationAsync(cluster.Members[1], first));
        await ClusterUnderTest.EventuallyAsync(async () => (await watch.MembersAsync(first)).Count == 3, "it does not see all");
    });

    [LongFact]
    public async Task Started_while_it_reaches_nobody_it_waits_for_the_cluster_that_lives() => await RunAsync(async (cluster, watch) =>
    {
        var first = cluster.Members[0];
        await cluster.KillAsync(first);
        await ClusterUnderTest.EventuallyAsync(async () => (await watch.MembersAsync(cluster.Members[1])).Count == 2, "it was not downed");
        using (watch.CutFromPeers(first))
        {
            first.Process.Start();
            await watch.NeverAloneAsync(first, CutFor);
        }
        await watch.RestAsync();
    });

    [LongFact]
    public async Task When_no_other_is_left_it_founds_although_their_rows_are_there() => await RunAsync(async (cluster, watch) =>
    {
        foreach (var node in cluster.Members) await cluster.KillAsync(node);
        cluster.Members[0].Process.Start();
        await cluster.Members[0].Process.WaitReadyAsync(ClusterUnderTest.Patience);
        foreach (var node in cluster.Members.Skip(1)) node.Process.Start();
        await watch.RestAsync();
    });

    private async Task RunAsync(Func<ChaosCluster, MemberWatch, Task> test)
    {
        await using var cluster = await ChaosCluster.StartAsync(3, "postgres", 1, [], CancellationToken.None);
        using var watch = new MemberWatch(cluster);
        try
        {
            await watch.RestAsync();
            await test(cluster, watch);
        }
        catch
        {
            cluster.Keep();
            output.WriteLine($"logs in {cluster.Directory}");
            throw;
        }
    }
}
