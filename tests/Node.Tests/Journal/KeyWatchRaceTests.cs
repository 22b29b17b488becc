using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Watches while others write: in whatever order they commit, no change is left out and none comes twice.</summary>
[Collection(nameof(JournalCollection))]
public sealed class KeyWatchRaceTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task From_anywhere_in_the_past_to_the_present_under_load_nothing_is_left_out_and_nothing_comes_twice(string provider)
    {
        const int Writers = 4;
        const int Each = 400;
        var journal = await fixture.NewAsync(provider);
        await using var a = new WatchNode(journal);
        await using var b = new WatchNode(journal, remembers: false);
        using var first = await a.WatchAsync("load/");
        await first.NextAsync();
        var start = first.Position;
        var all = first.ChangesAsync(Writers * Each);
        var load = Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            for (var i = 1; i <= Each; i++)
            {
                await journal.AppendAsync($"kv/load/{w}", Put($"{i}", i));
                await Task.Delay(1);
            }
        })));
        // Resumes on the one node or the other, again and again, after a few changes each time.
        async Task HopAsync(int seed)
        {
            var random = new Random(seed);
            var client = await a.WatchAsync("load/", from: start);
            var seen = new long[Writers];
            for (var total = 0; total < Writers * Each;)
            {
                for (var steps = random.Next(1, 60); steps > 0 && total < Writers * Each; steps--, total++)
                {
                    WatchEvent e;
                    do e = await client.NextAsync(); while (!e.HasKey);
                    var writer = int.Parse(e.Key.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture);
                    Assert.Equal(++seen[writer], e.Revision);
                }
                client.Dispose();
                client = await (random.Next(2) == 0 ? a : b).WatchAsync("load/", from: client.Position);
            }
            client.Dispose();
            Assert.All(seen, s => Assert.Equal(Each, s));
        }
        await Task.WhenAll(HopAsync(1), HopAsync(2), HopAsync(3));
        await load;
        Assert.Equal(Writers * Each, (await all).Distinct().Count());
    }

    /// <summary>
    /// A transaction that began early and commits late. Were rows read by their ordering alone, this one would be behind the reader when it appears: see the test after this.
    /// </summary>
    [Fact]
    public async Task A_commit_that_is_late_is_not_left_out()
    {
        var journal = await fixture.NewAsync("postgres");
        await using var node = new WatchNode(journal);
        Assert.Equal(["put late=x@1", "put a=1@1", "put b=2@1"], await LateCommitAsync(journal, node, after: 3));
    }

    [Fact]
    public async Task Read_by_their_ordering_alone_rows_of_late_commits_are_lost()
    {
        var journal = await fixture.NewAsync("postgres");
        await using var node = new WatchNode(journal, new JournalReader(journal.Database, naive: true));
        Assert.Equal(["put a=1@1", "put b=2@1"], await LateCommitAsync(journal, node, before: 2));
    }

    private static async Task<IReadOnlyList<string>> LateCommitAsync(TestJournal journal, WatchNode node, int before = 0, int after = 0)
    {
        using var watch = await node.WatchAsync();
        await watch.NextAsync();
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await using (var wait = connection.Command(null, "SET idle_in_transaction_session_timeout = 0")) await wait.ExecuteNonQueryAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await journal.InsertAsync(connection, transaction, "kv/late", Put("x", 1));
        await journal.AppendAsync("kv/a", Put("1", 1));
        await journal.AppendAsync("kv/b", Put("2", 1));
        // The reader goes past it; or, for all that it may take, does not.
        var seen = await watch.ChangesAsync(before);
        if (before == 0) await Task.Delay(TimeSpan.FromSeconds(2));
        await transaction.CommitAsync();
        IReadOnlyList<string> changes = [.. seen, .. await watch.ChangesAsync(after)];
        await journal.AppendAsync("kv/end", Put("end", 1));
        Assert.Equal("put end=end@1", await watch.NextChangeAsync());
        return changes;
    }
}
