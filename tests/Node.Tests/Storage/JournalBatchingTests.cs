using AkkaHa.Node.Tests.Membership;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>
/// On SQLite, too, what many entities write while others are written is one transaction: counted here in SQLite's own write-ahead log, where the last frame of each transaction is marked.
/// </summary>
public sealed class JournalBatchingTests(ITestOutputHelper output)
{
    private const int Keys = 64;
    private const int Each = 5;

    [Fact]
    public async Task Writes_of_many_entities_share_their_transactions()
    {
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, Keys).Select(k => InProcessCluster.AskAsync(node, InProcessCluster.Put($"b/{k}"))));
        var before = WriteAheadLog.Commits(cluster.DataDirectory);
        await Task.WhenAll(Enumerable.Range(0, Keys).Select(async k =>
        {
            for (var i = 0; i < Each; i++) await InProcessCluster.AskAsync(node, InProcessCluster.Put($"b/{k}"));
        }));
        var commits = WriteAheadLog.Commits(cluster.DataDirectory) - before;
        output.WriteLine($"{Keys * Each} rows in {commits} transactions");
        Assert.InRange(commits, 1, Keys * Each / 3);
    }
}
