using AkkaHa.Cli.Local;
using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Totals;
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
        var recording = new RecordingClient(client);
        await recording.OpenAccountsAsync();

        using var stop = new CancellationTokenSource();
        Task[] load =
        [
            .. Enumerable.Range(1, 3).Select(seed => recording.RegistersAsync(seed, stop.Token)),
            .. Enumerable.Range(11, 2).Select(seed => recording.ListsAsync(seed, stop.Token)),
            .. Enumerable.Range(21, 2).Select(seed => recording.TransfersAsync(seed, stop.Token)),
            .. Enumerable.Range(31, 2).Select(_ => recording.IncrementsAsync(stop.Token)),
        ];
        foreach (var node in cluster.Nodes) await ReplaceAsync(cluster, node, NodeProcess.NodeAssembly);
        output.WriteLine($"all nodes are of this version after {recording.Calls.Count} calls");
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        foreach (var node in cluster.Nodes) await ReplaceAsync(cluster, node, previous.Node);
        output.WriteLine($"all nodes are of the previous version again after {recording.Calls.Count} calls");
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await Task.Delay(TimeSpan.FromSeconds(2));
        await stop.CancelAsync();
        await Task.WhenAll(load).WaitAsync(ClusterUnderTest.Patience);

        await recording.ReadAllAsync();
        var last = await recording.BalanceAsync("the end");
        var count = long.Parse(await client.Keys.GetStringAsync("count") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        output.WriteLine($"{recording.Calls.Count} key calls, {recording.Lists.Count} list transactions, {recording.Grants.Count} grants");
        Assert.True(recording.Calls.Count > 200 && recording.Lists.Count > 50 && recording.Grants.Count > 20, "too little was done to judge");
        Assert.Equal((0, 0), (recording.Calls.Count(c => c.End == KeyEnd.Unknown), recording.Lists.Count(l => l.End == ListEnd.Unknown)));
        Violation[] violations =
        [
            .. LinearizabilityJudge.Judge(recording.Calls),
            .. SerializabilityJudge.Judge([.. recording.Lists]),
            .. TotalJudge.Money(RecordingClient.Accounts * RecordingClient.Start, [.. recording.Balances, last]),
            .. TotalJudge.Counters([recording.Counter(count)]),
            .. LockJudge.Judge(recording.Grants, recording.Guarded.OrderBy(g => g.Written, StringComparer.Ordinal)),
        ];
        Assert.True(violations.Length == 0, string.Join(Environment.NewLine, violations.Select(v => v.ToString())));
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
