using System.Net;
using Npgsql;
using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>A database that does not answer is another thing than one that refuses.</summary>
public sealed class StuckDatabaseTests
{
    [Fact]
    public async Task Who_is_a_member_is_told_with_the_shards_that_each_last_had()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("postgres", 1);
        var node = cluster.Nodes[0];
        await cluster.WaitSettledAsync(node);
        var before = await ShardsAsync(cluster);
        Assert.True(before > 0);
        await using var other = new NpgsqlConnection($"{cluster.Postgres!.ConnectionString};Password={AkkaHa.Servers.PostgresServer.Password}");
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("LOCK TABLE shard IN ACCESS EXCLUSIVE MODE", other, transaction)) await hold.ExecuteNonQueryAsync();
        // What was read just before is not old yet.
        await Task.Delay(500);
        for (var i = 0; i < 3; i++) Assert.Equal(before, await ShardsAsync(cluster));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await cluster.SendAsync(node, HttpMethod.Get, "/v1/ring")).Status);
        await transaction.RollbackAsync();
        await ClusterUnderTest.EventuallyAsync(async () => (await cluster.SendAsync(node, HttpMethod.Get, "/v1/ring")).Status == HttpStatusCode.OK, "the owners are not read again");
    }

    private static async Task<int> ShardsAsync(ClusterUnderTest cluster) => (await cluster.GetAsync(cluster.Nodes[0], "/v1/cluster")).GetProperty("members")[0].GetProperty("shards").GetInt32();
}
