using AkkaHa.Cli.Local;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Upgrade;

/// <summary>Nodes of the previous version are replaced one by one while clients work, and what those saw is judged; then the same the other way.</summary>
public sealed class UpgradeTests(ITestOutputHelper output)
{
    [LongFact]
    public async Task Nodes_of_the_previous_version_are_replaced_one_by_one_under_load_and_nothing_is_lost_and_back_again()
    {
        var previous = await PreviousVersion.BuildAsync();
        await using var cluster = await ClusterUnderTest.CreateAsync("postgres", 3);
        foreach (var node in cluster.Nodes) node.Assembly = previous.Node;
        await cluster.Local.StartAsync(ClusterUnderTest.Patience);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var client = cluster.Connect();
        using var load = await RecordedLoad.BeginAsync(client, registers: 3, others: 2);
        var recording = load.Recording;
        foreach (var node in cluster.Nodes) await ReplaceAsync(cluster, node, NodeProcess.NodeAssembly);
        output.WriteLine($"all nodes are of this version after {recording.Calls.Count} calls");
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        foreach (var node in cluster.Nodes) await ReplaceAsync(cluster, node, previous.Node);
        output.WriteLine($"all nodes are of the previous version again after {recording.Calls.Count} calls");
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await Task.Delay(TimeSpan.FromSeconds(2));
        await load.EndAsync();

        await recording.ReadAllAsync();
        Assert.True(recording.Calls.Count > 200 && recording.Lists.Count > 50 && recording.Grants.Count > 20, "too little was done to judge");
        Assert.Equal((0, 0), (recording.Calls.Count(c => c.End == KeyEnd.Unknown), recording.Lists.Count(l => l.End == ListEnd.Unknown)));
        output.WriteLine(await load.JudgeAsync());
    }

    /// <summary>As an operator does: told to leave, started again in the other version, and the next one when that is ready.</summary>
    private async Task ReplaceAsync(ClusterUnderTest cluster, NodeProcess node, string by)
    {
        await node.TerminateAsync(ClusterUnderTest.Patience);
        Assert.Equal(0, node.ExitCode);
        node.Assembly = by;
        node.Start();
        await node.WaitReadyAsync(ClusterUnderTest.Patience);
        output.WriteLine($"{node.Name} is replaced");
        await Task.Delay(TimeSpan.FromSeconds(3));
    }
}
