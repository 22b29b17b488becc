using AkkaHa.ClientApi;
using AkkaHa.Cluster.Tests.Telemetry;
using AkkaHa.Servers;
using Npgsql;
using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>Keys that nobody uses leave memory, and are there when they are asked for.</summary>
public sealed class SleepTests
{
    private static readonly TimeSpan Asleep = TimeSpan.FromMinutes(6);

    /// <summary>After two minutes a snapshot of the one with many rows; after four both are gone from memory.</summary>
    [LongFact]
    public async Task A_key_with_many_rows_leaves_a_snapshot_when_it_sleeps_and_wakes_with_all_that_it_had()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("postgres", 1);
        await using var client = cluster.Connect();
        for (var i = 0; i < 70; i++) await client.Keys.PutAsync("sleeper/many", "many");
        for (var i = 0; i < 20; i++) await client.Keys.PutAsync("sleeper/few", "few");
        for (var until = DateTime.UtcNow + Asleep; NodeMetrics.Samples(await NodeMetrics.TextAsync(cluster.Nodes[0])).GetValueOrDefault("akkaha_entities_active kind=kv") > 0;)
        {
            Assert.True(DateTime.UtcNow < until, "the keys are in memory yet");
            await Task.Delay(1_000);
        }
        Assert.Equal(["kv/sleeper/many at 70"], await SnapshotsAsync(cluster));
        Assert.Equal((70, "many"), Told(await client.Keys.GetAsync("sleeper/many")));
        Assert.Equal((20, "few"), Told(await client.Keys.GetAsync("sleeper/few")));
        Assert.Equal(71, (long)await client.Keys.PutAsync("sleeper/many", "more"));

        static (long, string) Told(KeyEntry? entry) => (entry!.Revision, entry.Text);
    }

    private static async Task<List<string>> SnapshotsAsync(ClusterUnderTest cluster)
    {
        await using var connection = new NpgsqlConnection($"{cluster.Postgres!.ConnectionString};Password={PostgresServer.Password}");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT persistence_id || ' at ' || sequence_number FROM snapshot WHERE persistence_id LIKE 'kv/sleeper/%' ORDER BY 1", connection);
        var found = new List<string>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) found.Add(rows.GetString(0));
        return found;
    }
}
