using System.Diagnostics;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Xunit;

namespace AkkaHa.Node.Tests.Membership;

/// <summary>A node that may found a cluster, beside one that lives.</summary>
public sealed class JoiningTests
{
    private const string Other = "akka.tcp://AkkaHa@127.0.0.1:1 other";

    [Fact]
    public async Task A_cluster_of_one_beside_members_that_live_is_given_up()
    {
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync();
        await InProcessCluster.EventuallyAsync(() => node.Parts.Grants.Count > 0);
        using var stop = new CancellationTokenSource();
        var other = LiveAsync(cluster.DataDirectory, shard: null, stop.Token);
        // It renews, as every node that is about to join does; but it holds nothing, and so is no member of anything.
        Assert.NotEqual(node.Joining.WhenBeside, await Task.WhenAny(node.Joining.WhenBeside, Task.Delay(TimeSpan.FromSeconds(14))));
        await stop.CancelAsync();
        await other;

        using var again = new CancellationTokenSource();
        var since = Stopwatch.StartNew();
        other = LiveAsync(cluster.DataDirectory, shard: 3, again.Token);
        await node.Joining.WhenBeside.WaitAsync(InProcessCluster.Patience);
        Assert.InRange(since.Elapsed, TimeSpan.FromSeconds(9), InProcessCluster.Patience);
        await again.CancelAsync();
        await other;
    }

    /// <summary>Another incarnation in the database, which renews and is written in that shard's row.</summary>
    private static async Task LiveAsync(string directory, int? shard, CancellationToken until)
    {
        var database = new Database(new NodeSettings { DataDirectory = directory });
        await new LeaseStore(database).RegisterAsync(Other, 1500, default);
        using var lease = database.OpenLease();
        while (!until.IsCancellationRequested)
        {
            LeaseStore.Renew(lease, Other);
            if (shard is { } held)
            {
                await using var connection = await database.OpenOwnershipAsync(default);
                await using var hold = connection.Command(null, "UPDATE shard SET holder = @other WHERE shard = @shard", ("other", Other), ("shard", held));
                await hold.ExecuteNonQueryAsync(default);
            }
            await Task.Delay(200, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
