using Akka.DistributedData.Durable;
using Akka.Serialization;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Tests.Membership;
using Microsoft.Data.Sqlite;
using Xunit;

namespace AkkaHa.Node.Tests.Eventual;

/// <summary>Nodes in this process, with replicators and files.</summary>
public sealed class ReplicationTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Nodes_have_the_same_data_also_one_that_joins_late_and_one_that_comes_back()
    {
        await using var cluster = new InProcessCluster();
        var (a, b) = (await cluster.StartAsync(), await cluster.StartAsync());
        await LoadedAsync(a, b);
        Assert.True((await CountAsync(a, 5, EventualConsistency.All)).Reached);
        Assert.True((await CountAsync(b, 2, EventualConsistency.Majority)).Reached);
        Assert.Equal(7, await CounterAsync(a, EventualConsistency.Local));
        var large = new EventualUpdate(Kind.Map, Placing.NameOf(Kind.Map, "m"));
        for (var i = 0; i < 10; i++)
            await a.Eventual.UpdateAsync(large with { Set = Enumerable.Range(0, 10).ToDictionary(f => $"{i}/{f}", _ => new string('x', 60_000)) }, EventualConsistency.Local, Timeout);

        var c = await cluster.StartAsync();
        await LoadedAsync(c);
        await InProcessCluster.EventuallyAsync(() => CounterAsync(c, EventualConsistency.Local).GetAwaiter().GetResult() == 7);
        await InProcessCluster.EventuallyAsync(() => FieldsAsync(c).GetAwaiter().GetResult() == 100);
        var replica = c.Eventual.Parts.Replica;
        Assert.NotEqual(a.Eventual.Parts.Replica, replica);
        Assert.True((await CountAsync(c, 1, EventualConsistency.All)).Reached);

        // An incarnation that ends in order has all in its file, and the next one goes on as the same replica.
        await c.EndAsync();
        using var file = Node.Eventual.BucketFile.Open(c.Eventual.Parts.FilePath);
        Assert.Equal(replica, file.Begin(c.Eventual.Parts.Address, new ReplicaId(1)));
        Assert.Contains(file.Read(), r => r.Name == $"b/{Placing.BucketsOf(Kind.Counter, Placing.NameOf(Kind.Counter, "c"))[0]}");
    }

    [Fact]
    public async Task While_the_file_can_not_be_written_no_change_is_said_to_be_stored()
    {
        await using var cluster = new InProcessCluster();
        var a = await cluster.StartAsync();
        await LoadedAsync(a);
        await using (var other = await OpenAsync(a))
        {
            await RunAsync(other, "BEGIN IMMEDIATE");
            await CountAsync(a, 1, EventualConsistency.Local);
            await InProcessCluster.EventuallyAsync(() => a.Eventual.Parts.Trouble is not null);
            Assert.False((await CountAsync(a, 2, EventualConsistency.Local)).Reached);
        }
        await InProcessCluster.EventuallyAsync(() => a.Eventual.Parts.Trouble is null);
        Assert.True((await CountAsync(a, 4, EventualConsistency.Local)).Reached);
        Assert.Equal(7, await CounterAsync(a, EventualConsistency.Local));
    }

    [Fact]
    public async Task Without_a_window_what_is_answered_is_in_the_file()
    {
        await using var cluster = new InProcessCluster();
        var a = await cluster.StartAsync(writeBehindMs: 0);
        await LoadedAsync(a);
        var name = Placing.NameOf(Kind.Counter, "c");
        var serializer = (SerializerWithStringManifest)a.System.Serialization.FindSerializerForType(typeof(DurableDataEnvelope));
        await using var other = await OpenAsync(a);
        await using var read = other.CreateCommand();
        read.CommandText = $"SELECT state, manifest FROM bucket WHERE name = 'b/{Placing.BucketsOf(Kind.Counter, name)[0]}'";
        for (var i = 1; i <= 10; i++)
        {
            Assert.True((await CountAsync(a, 1, EventualConsistency.Local)).Reached);
            await using var row = await read.ExecuteReaderAsync();
            Assert.True(await row.ReadAsync());
            var stored = (DurableDataEnvelope)serializer.FromBinary((byte[])row[0], row.GetString(1));
            Assert.Equal(i, Reading.Counter(((Node.Eventual.ReplicatedBucket)stored.Data).State, name));
        }
    }

    private static async Task<SqliteConnection> OpenAsync(RunningNode node)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = node.Eventual.Parts.FilePath, Pooling = false }.ToString());
        await connection.OpenAsync();
        return connection;
    }

    private static async Task RunAsync(SqliteConnection connection, string text)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        await command.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task A_majority_of_members_is_not_a_node_that_is_none()
    {
        await using var cluster = new InProcessCluster();
        var a = await cluster.StartAsync();
        await LoadedAsync(a);
        Assert.True((await CountAsync(a, 1, EventualConsistency.Majority)).Reached);
        a.Cluster.Down(a.Cluster.SelfAddress);
        await InProcessCluster.EventuallyAsync(() => a.Cluster.SelfMember.Status is Akka.Cluster.MemberStatus.Down or Akka.Cluster.MemberStatus.Removed);
        var write = await Record.ExceptionAsync(async () => Assert.False((await CountAsync(a, 1, EventualConsistency.Majority)).Reached));
        Assert.True(write is null or Node.Api.Errors.RefusedException, $"{write}");
    }

    private static Task LoadedAsync(params RunningNode[] nodes) => InProcessCluster.EventuallyAsync(() => nodes.All(n => n.Eventual.Parts.IsLoaded));

    private static Task<Node.Eventual.EventualWrite> CountAsync(RunningNode node, long by, EventualConsistency consistency) =>
        node.Eventual.UpdateAsync(new EventualUpdate(Kind.Counter, Placing.NameOf(Kind.Counter, "c")) { Increment = by, RequestId = Guid.CreateVersion7().ToString() }, consistency, Timeout);

    private static async Task<long> CounterAsync(RunningNode node, EventualConsistency consistency)
    {
        var name = Placing.NameOf(Kind.Counter, "c");
        return Reading.Counter((await node.Eventual.ReadAsync(Placing.BucketsOf(Kind.Counter, name), consistency, Timeout)).Buckets[0], name);
    }

    private static async Task<int> FieldsAsync(RunningNode node)
    {
        var name = Placing.NameOf(Kind.Map, "m");
        return Reading.Map((await node.Eventual.ReadAsync(Placing.BucketsOf(Kind.Map, name), EventualConsistency.Local, Timeout)).Buckets, name).Count;
    }
}
