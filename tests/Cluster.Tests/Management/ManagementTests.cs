using System.Text.Json;
using AkkaHa.Cli.Local;
using Xunit;

namespace AkkaHa.Cluster.Tests.Management;

/// <summary>The management port of real nodes, as a tool of Akka's or Pekko's meets it.</summary>
public sealed class ManagementTests
{
    private static readonly HttpClient Http = new() { Timeout = ClusterUnderTest.Patience };

    [Fact]
    public async Task Members_shards_and_seeds_are_shown_and_a_member_leaves_by_a_form_while_the_events_tell_of_it()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 2, "--AkkaHa:Shards=16", "--AkkaHa:Management:AllowWrites=true", "--AkkaHa:Cluster:Roles:0=blue");
        var (first, second) = (cluster.Nodes[0], cluster.Nodes[1]);
        var members = await GetAsync(second, "/cluster/members");
        Assert.Equal(["selfNode", "members", "unreachable", "leader", "oldest", "oldestPerRole"], members.EnumerateObject().Select(p => p.Name));
        Assert.Equal(second.Address, members.GetProperty("selfNode").GetString());
        Assert.Equal(cluster.Nodes.Select(n => n.Address).Order(), members.GetProperty("members").EnumerateArray().Select(m => m.GetProperty("node").GetString()!).Order());
        Assert.All(members.GetProperty("members").EnumerateArray(), m => Assert.Equal(("Up", "blue", 1), (m.GetProperty("status").GetString(), m.GetProperty("roles")[0].GetString(), m.GetProperty("roles").GetArrayLength())));
        Assert.Equal(first.Address, members.GetProperty("oldest").GetString());
        Assert.Equal(first.Address, members.GetProperty("oldestPerRole").GetProperty("blue").GetString());
        Assert.Equal("Up", (await GetAsync(second, $"/cluster/members/{first.Address}")).GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Number, (await GetAsync(second, "/bootstrap/seed-nodes")).GetProperty("seedNodes")[0].GetProperty("nodeUid").ValueKind);
        var shards = (await GetAsync(first, "/cluster/shards/akkaha")).GetProperty("regions").EnumerateArray().ToArray();
        Assert.NotEmpty(shards);
        Assert.All(shards, s => Assert.InRange(int.Parse(s.GetProperty("shardId").GetString()!), 0, 15));
        Assert.Contains(shards, s => s.GetProperty("numEntities").GetInt32() > 0);

        using var stream = await Http.GetAsync(Url(first, "/cluster/domain-events?type=MemberEvent"), HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await stream.Content.ReadAsStreamAsync());
        Assert.Equal(["MemberUp", "MemberUp"], [await NextAsync(events), await NextAsync(events)]);

        using var left = await Http.PutAsync(Url(first, $"/cluster/members/{second.Address}"), new FormUrlEncodedContent([KeyValuePair.Create("operation", "Leave")]));
        Assert.Equal($$"""{"message":"Leaving {{second.Address}}"}""", await left.Content.ReadAsStringAsync());
        var seen = new List<string>();
        while (seen.LastOrDefault() != "MemberRemoved") seen.Add(await NextAsync(events));
        // On a busy machine the others may see its process end before its leave is agreed on, and take it out for that.
        Assert.Equal(["MemberLeft", "MemberExited", "MemberRemoved"], seen.Where(e => e != "MemberDowned"));
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(!second.IsRunning), "the node that left has not ended");
        Assert.Equal(0, second.ExitCode);
    }

    private static async Task<JsonElement> GetAsync(NodeProcess node, string path) => JsonDocument.Parse(await Http.GetStringAsync(Url(node, path))).RootElement;

    private static Uri Url(NodeProcess node, string path) => new($"http://127.0.0.1:{node.Ports.Management}{path}");

    /// <summary>The name of the next event, whose data say the same.</summary>
    private static async Task<string> NextAsync(StreamReader events)
    {
        using var patience = new CancellationTokenSource(ClusterUnderTest.Patience);
        string? data = null;
        while (await events.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal)) data = line[5..];
            if (!line.StartsWith("event:", StringComparison.Ordinal)) continue;
            var json = JsonDocument.Parse(data!).RootElement;
            Assert.Equal(line[6..], json.GetProperty("type").GetString());
            Assert.StartsWith("akka.tcp://", json.GetProperty("member").GetProperty("uniqueAddress").GetProperty("address").GetString(), StringComparison.Ordinal);
            return line[6..];
        }
        throw new EndOfStreamException("the stream of events has ended");
    }
}
