using AkkaHa.Load;
using AkkaHa.Servers;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests;

/// <summary>The database's machine fails under load, and the synchronous standby takes its place: docs/operating.md, "PostgreSQL with a standby".</summary>
public sealed class PostgresFailoverTests(ITestOutputHelper output)
{
    [LongFact]
    public async Task A_promoted_standby_has_all_that_was_acknowledged_and_no_node_is_replaced_for_it()
    {
        await using var pair = await PostgresPair.StartAsync();
        await using var cluster = await ClusterUnderTest.StartAsync(pair, 3);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        await using var client = cluster.Connect();
        var before = await IncarnationsAsync(cluster);

        var lanes = new LaneSet();
        lanes.Heat(Enumerable.Range(0, 8).Select(i => 32 * i).ToHashSet());
        await using var probes = new OpenLoop(new AkkaHaKeys(cluster.Connect()), lanes, rate: 100, seed: 1);
        using var load = await RecordedLoad.BeginAsync(client);
        var recording = load.Recording;
        await UntilMoreIsDoneAsync(recording);

        var crashedAt = TimeProvider.System.GetTimestamp();
        pair.CrashPrimary();
        // Somebody has to notice.
        await Task.Delay(TimeSpan.FromSeconds(2));
        await pair.PromoteAsync();
        var promotedAt = TimeProvider.System.GetTimestamp();
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(lanes.Hot.All(l => l.AnsweredSince(promotedAt))), "not every key can be written and read again");
        foreach (var node in cluster.Nodes) await node.WaitReadyAsync(ClusterUnderTest.Patience);
        output.WriteLine($"primary crashed; standby promoted after {Seconds(crashedAt, promotedAt)}; all keys written and read {Gap.Of(lanes.Hot, promotedAt, TimeProvider.System.GetTimestamp()).AllAnsweredAfter?.TotalSeconds:0.0} s later; "
            + $"all nodes ready {Seconds(promotedAt, TimeProvider.System.GetTimestamp())} after the promotion");
        // Should something be stuck, what was seen is judged first: it says more than that something is stuck.
        var goesOn = UntilMoreIsDoneAsync(recording);
        await Task.WhenAny(goesOn);
        await load.EndAsync();

        await recording.ReadAllAsync();
        output.WriteLine(await load.JudgeAsync());
        await goesOn;
        Assert.Equal(before, await IncarnationsAsync(cluster));
    }

    /// <summary>So much is done, of each kind, that there is something to judge: as long as that takes on this machine.</summary>
    private static Task UntilMoreIsDoneAsync(RecordingClient recording)
    {
        var (calls, lists, balances, grants) = (recording.Calls.Count, recording.Lists.Count, recording.Balances.Count, recording.Grants.Count);
        return ClusterUnderTest.EventuallyAsync(
            () => Task.FromResult(recording.Calls.Count > calls + 200 && recording.Lists.Count > lists + 50 && recording.Balances.Count > balances + 5 && recording.Grants.Count > grants + 20),
            "too little is done to judge");
    }

    private static string Seconds(long from, long to) => $"{TimeProvider.System.GetElapsedTime(from, to).TotalSeconds:0.0} s";

    /// <summary>Who is in the cluster: address and incarnation of each, as every node sees it. A node that was fenced or downed comes back as another incarnation.</summary>
    private static async Task<string[]> IncarnationsAsync(ClusterUnderTest cluster)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
        {
            foreach (var member in (await cluster.GetAsync(node, "/v1/cluster")).GetProperty("members").EnumerateArray())
                seen.Add($"{member.GetProperty("address").GetString()} {member.GetProperty("incarnation").GetString()} {member.GetProperty("status").GetString()}");
        }
        return [.. seen];
    }
}
