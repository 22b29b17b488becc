using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Tests.Journal;
using AkkaHa.Node.Tests.Membership;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>
/// Rows that are deleted, on the real journal: the entity comes back with all that it had, and goes on at the next number. Not beside the tests of the sweeper: what the index says of its lag is one for the process.
/// </summary>
[Collection(nameof(JournalCollection))]
public sealed class RetentionTests
{
    private const int Writes = 2500;
    private const int WritesAtMost = 10 * Writes;
    private const int LookEvery = 100;

    [Fact]
    public async Task An_entity_whose_old_rows_are_gone_recovers_from_its_snapshot_and_what_follows()
    {
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync(keepEventsSeconds: 0);
        // Both indexes have to have read what is to go; on a node, the sweeper sees to that.
        var database = new Database(new NodeSettings { DataDirectory = cluster.DataDirectory });
        using var written = new CancellationTokenSource();
        var index = Task.Run(async () =>
        {
            while (!written.IsCancellationRequested)
            {
                await new KeyIndex(database).AdvanceAsync(null, default);
                await new LockIndex(database).AdvanceAsync(null, default);
            }
        });
        // Snapshots are taken after so many rows, and again when as much has been written as goes with one; what the older of the two last ones covers is gone. What could not be deleted just then, as the index was being
        // written, goes with the next one.
        var writes = 0L;
        do
        {
            for (var i = 0; i < LookEvery; i++) Assert.Equal(++writes, (await InProcessCluster.AskAsync(node, InProcessCluster.Put("k"))).PutKey.Revision);
            Assert.InRange(writes, 1, WritesAtMost);
        }
        while (writes < Writes || LowestRow(database) <= SnapshotPace.RowsOf(EntityId.Key("k")));

        await written.CancelAsync();
        await index;

        var next = await cluster.StartAsync();
        await node.LeaveAsync();
        Assert.Equal(writes + 1, (await InProcessCluster.AskAsync(next, InProcessCluster.Put("k"))).PutKey.Revision);
    }

    private static long LowestRow(Database database)
    {
        using var connection = database.OpenJournalAsync(default).GetAwaiter().GetResult();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT MIN(sequence_number) FROM journal WHERE persistence_id = 'kv/k' AND deleted = 0";
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
