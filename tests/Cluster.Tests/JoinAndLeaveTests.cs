using AkkaHa.ClientApi;
using AkkaHa.Cluster.Tests.Telemetry;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests;

public sealed class JoinAndLeaveTests(ITestOutputHelper output)
{
    private const int Shards = 256;

    [Theory]
    [MemberData(nameof(ClusterUnderTest.AtLeast), "sqlite", MemberType = typeof(ClusterUnderTest))]
    public async Task A_join_and_a_leave_move_only_their_share_and_lose_nothing(string provider)
    {
        await using var cluster = await ClusterUnderTest.CreateAsync(provider, 3);
        var (first, second, third) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        first.Start();
        second.Start();
        await first.WaitReadyAsync(ClusterUnderTest.Patience);
        await second.WaitReadyAsync(ClusterUnderTest.Patience);
        var two = await cluster.WaitSettledAsync(first, second);

        await using var client = cluster.Connect();
        var revisions = new Dictionary<string, Revision>();
        async Task WriteAsync()
        {
            for (var i = 0; i < 200; i++) revisions[$"k/{i}"] = await client.Keys.PutAsync($"k/{i}", $"{i}");
        }
        async Task ReadAsync()
        {
            foreach (var (key, revision) in revisions) Assert.Equal(revision, (await client.Keys.GetAsync(key))!.Revision);
        }
        await WriteAsync();

        const string Moves = "akkaha_shard_move_duration_seconds_count";
        var movesBefore = await NodeMetrics.SumAsync(Moves, first, second);
        third.Start();
        await third.WaitReadyAsync(ClusterUnderTest.Patience);
        var three = await cluster.WaitSettledAsync(first, second, third);
        await AskEveryNodeAsync(cluster, three);
        var joined = Moved(two, three);
        var toThird = three.Count(o => o == third.Address);
        output.WriteLine($"join: {joined} of {Shards} shards moved, {toThird} of them to the new node, the rest forced by the bound; fair share {Shards / 3.0:0.#}");
        // The coordinator sees an end from one round to the next.
        await ClusterUnderTest.EventuallyAsync(async () => await NodeMetrics.SumAsync(Moves, first, second) - movesBefore >= joined, $"{Moves} does not tell the {joined} moves of the join");
        Assert.True(await NodeMetrics.SumAsync("akkaha_shard_move_duration_seconds_sum", first, second) > 0);
        Assert.InRange(toThird, 1, (int)Math.Ceiling(1.1 * Shards / 3));
        Assert.True(joined <= 1.5 * Shards / 3, $"a join moved {joined} shards; the fair share is {Shards / 3.0:0.#}");

        await WriteAsync();
        await third.TerminateAsync(ClusterUnderTest.Patience);
        Assert.Equal(0, third.ExitCode);
        var after = await cluster.WaitSettledAsync(first, second);
        var left = Moved(three, after);
        output.WriteLine($"leave: {left} shards moved; the leaver had {toThird}");
        Assert.Equal(two, after);

        // Those that it had have rows of a first owner, of the third, and of the first again; once more with the third they are read from the journal.
        await ReadAsync();
        await WriteAsync();
        third.Start();
        await third.WaitReadyAsync(ClusterUnderTest.Patience);
        Assert.Equal(three, await cluster.WaitSettledAsync(first, second, third));
        Assert.All(revisions.Values, revision => Assert.Equal(3, revision.Value));
        await ReadAsync();
    }

    [Fact]
    public async Task The_only_member_can_be_asked_to_leave_and_is_seen_to_be_gone()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        var (exitCode, said, error) = await Cli.RunAtAsync(cluster.Local.Endpoints, [], "cluster", "leave", cluster.Nodes[0].Address);
        Assert.True(exitCode == 0, error);
        Assert.Contains("it was the only member", System.Text.Encoding.UTF8.GetString(said), StringComparison.Ordinal);
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(cluster.Nodes[0].ExitCode == 0), "its process has not ended with 0");
    }

    /// <summary>Every node answers for every key, and says the same of who owns it.</summary>
    private static async Task AskEveryNodeAsync(ClusterUnderTest cluster, string[] owners)
    {
        foreach (var node in cluster.Nodes) Assert.Equal(owners, await cluster.OwnersAsync(node));
        for (var i = 0; i < 30; i++)
        {
            var put = await cluster.SendUntilServedAsync(cluster.Nodes[i % 3], HttpMethod.Put, $"/v1/kv/any/{i}", """{"value":"b25l"}""");
            Assert.Equal(System.Net.HttpStatusCode.OK, put.Status);
            foreach (var node in cluster.Nodes) Assert.Equal("1", (await cluster.GetAsync(node, $"/v1/kv/any/{i}")).GetProperty("revision").GetString());
        }
        var members = (await cluster.GetAsync(cluster.Nodes[1], "/v1/cluster")).GetProperty("members").EnumerateArray().ToArray();
        Assert.Equal(cluster.Nodes.Select(n => n.Address), members.Select(m => m.GetProperty("address").GetString()));
        Assert.All(members, m => Assert.Equal("Up", m.GetProperty("status").GetString()));
        Assert.Equal(Shards, members.Sum(m => m.GetProperty("shards").GetInt32()));
    }

    private static int Moved(string[] before, string[] after) => before.Zip(after).Count(p => p.First != p.Second);
}
