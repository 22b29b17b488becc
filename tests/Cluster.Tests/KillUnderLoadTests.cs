using AkkaHa.ClientApi;
using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Totals;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests;

/// <summary>Three processes under load, one of them killed with SIGKILL and started again; what the clients saw is judged.</summary>
public sealed class KillUnderLoadTests(ITestOutputHelper output)
{
    private static readonly int Kills = LongFactAttribute.IsOn ? 6 : 1;

    [Theory]
    [MemberData(nameof(ClusterUnderTest.AtLeast), "postgres", MemberType = typeof(ClusterUnderTest))]
    public async Task A_node_killed_under_load_costs_time_and_nothing_else(string provider)
    {
        await using var cluster = await ClusterUnderTest.StartAsync(provider, 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var client = cluster.Connect();
        var recording = new RecordingClient(client);
        await recording.OpenAccountsAsync();

        using var stop = new CancellationTokenSource();
        Task[] load =
        [
            .. Enumerable.Range(1, 4).Select(seed => recording.RegistersAsync(seed, stop.Token)),
            .. Enumerable.Range(11, 3).Select(seed => recording.ListsAsync(seed, stop.Token)),
            .. Enumerable.Range(21, 3).Select(seed => recording.TransfersAsync(seed, stop.Token)),
            .. Enumerable.Range(31, 3).Select(_ => recording.IncrementsAsync(stop.Token)),
        ];
        await Task.Delay(TimeSpan.FromSeconds(4));
        for (var kill = 0; kill < Kills; kill++)
        {
            var owner = (await cluster.GetAsync(cluster.Nodes.First(n => n.IsRunning), "/v1/ring?key=lock/counter")).GetProperty("node").GetString()!;
            var victim = cluster.Local.ByAddress(owner);
            await victim.KillAsync();
            output.WriteLine($"killed {victim.Name}, the owner of lock/counter");
            await Task.Delay(TimeSpan.FromSeconds(12));
            victim.Start();
            await victim.WaitReadyAsync(ClusterUnderTest.Patience);
            await Task.Delay(TimeSpan.FromSeconds(4));
        }
        await stop.CancelAsync();
        await Task.WhenAll(load).WaitAsync(ClusterUnderTest.Patience);

        var last = await recording.BalanceAsync("the end");
        var count = long.Parse(await client.Keys.GetStringAsync("count") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        output.WriteLine($"{recording.Calls.Count} key calls ({recording.Calls.Count(c => c.End == KeyEnd.Unknown)} unknown), {recording.Lists.Count} list transactions "
            + $"({recording.Lists.Count(l => l.End == ListEnd.Unknown)} unknown), {recording.Balances.Count} balances, {recording.Counter(count)}, {recording.Grants.Count} grants");
        Assert.True(recording.Calls.Count > 200 && recording.Lists.Count > 50 && recording.Balances.Count > 5 && recording.Grants.Count > 20, "too little was done to judge");
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
}
