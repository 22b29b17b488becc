using System.Diagnostics;
using System.Net;
using AkkaHa.Cli.Local;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Rules;

/// <summary>
/// A row that says that a node has a shard, which that node knows nothing of: what a take leaves behind whose answer was lost. As long as that node lives,
/// nobody else gets the shard.
/// </summary>
public sealed class OrphanTests(ITestOutputHelper output)
{
    private const int Keys = 24;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [LongFact]
    public async Task A_shard_that_is_held_and_not_run_is_given_back() => Assert.Equal(0, await StuckAsync(ClusterUnderTest.Patience));

    [LongFact]
    public async Task Without_the_sweep_it_is_nobodys_for_ever() => Assert.NotEqual(0, await StuckAsync(Soon, "--AkkaHa:Testing:Break=OrphanSweep"));

    /// <summary>How many keys of a node that is gone are not to be had.</summary>
    private async Task<int> StuckAsync(TimeSpan within, params string[] settings)
    {
        await using var cluster = await ClusterUnderTest.StartAsync("postgres", 3, settings);
        await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var (asked, holder, gone) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        var keys = await OwnedAsync(cluster, asked, gone);
        await using (var source = NpgsqlDataSource.Create(cluster.Postgres!.ConnectionString))
        await using (var give = source.CreateCommand("UPDATE shard SET epoch = epoch + 1, holder = (SELECT node FROM node WHERE NOT fenced AND node LIKE @to || ' %') WHERE shard >= 0 AND holder LIKE @from || ' %'"))
        {
            give.Parameters.AddWithValue("to", holder.Address);
            give.Parameters.AddWithValue("from", gone.Address);
            Assert.NotEqual(0, await give.ExecuteNonQueryAsync());
        }
        await gone.KillAsync();
        var since = Stopwatch.StartNew();
        while (keys.Count > 0 && since.Elapsed < within)
            foreach (var key in keys.ToArray())
            {
                // Who asks for what nobody has waits long: a look at the ring tells the same.
                if (since.Elapsed >= within) break;
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                if (await TryAsync(cluster, asked, key, patience.Token) == HttpStatusCode.OK) keys.Remove(key);
            }
        output.WriteLine($"{string.Join(' ', settings)} {keys.Count} of {Keys} keys are not to be had after {since.Elapsed.TotalSeconds:0.0} s");
        return keys.Count;
    }

    private static async Task<HttpStatusCode?> TryAsync(ClusterUnderTest cluster, NodeProcess asked, string key, CancellationToken ct)
    {
        try
        {
            return (await cluster.SendAsync(asked, HttpMethod.Put, $"/v1/kv/{key}", """{"value":"b25l"}""").WaitAsync(ct)).Status;
        }
        catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<List<string>> OwnedAsync(ClusterUnderTest cluster, NodeProcess asked, NodeProcess owner)
    {
        var keys = new List<string>();
        for (var i = 0; keys.Count < Keys; i++)
            if ((await cluster.GetAsync(asked, $"/v1/ring?key=kv/orphan-{i}")).GetProperty("node").GetString() == owner.Address) keys.Add($"orphan-{i}");
        return keys;
    }
}
