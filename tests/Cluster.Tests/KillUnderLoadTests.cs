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
        using var load = await RecordedLoad.BeginAsync(client);
        var recording = load.Recording;
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
        // As long as that takes on this machine.
        await ClusterUnderTest.EventuallyAsync(
            () => Task.FromResult(recording.Calls.Count > 200 && recording.Lists.Count > 50 && recording.Balances.Count > 5 && recording.Grants.Count > 20), "too little was done to judge");
        await load.EndAsync();
        output.WriteLine(await load.JudgeAsync());
    }
}
