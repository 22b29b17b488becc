using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Tests.Api;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>The index is what the journal says, whoever brings it forward; and the sweeper calls on what it shows.</summary>
[Collection(nameof(JournalCollection))]
public sealed class KeyIndexTests(JournalFixture fixture)
{
    private const string Contents = "SELECT key, revision, value, session_id, expires_at_ms, session_ended FROM key_index ORDER BY key";
    private const string Open = "SELECT key, transaction_id FROM key_open ORDER BY key, transaction_id";

    public static TheoryData<string> Providers => JournalFixture.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task After_random_work_the_index_is_what_the_keys_themselves_recover_to(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var seed = Random.Shared.Next();
        var work = new RandomWork(journal, seed, keys: 20);
        using var stop = new CancellationTokenSource();
        // Three nodes at it at once.
        var advancers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var index = new KeyIndex(journal.Database);
            while (!stop.IsCancellationRequested) await index.AdvanceAsync(null, default);
        })).ToArray();
        for (var i = 0; i < 400; i++) await work.StepAsync();
        await stop.CancelAsync();
        await Task.WhenAll(advancers);
        Assert.Equal(await journal.HorizonAsync(), await new KeyIndex(journal.Database).AdvanceAsync(null, default));
        var (contents, open) = (await journal.ReadAsync(Contents), await journal.ReadAsync(Open));

        await journal.RunAsync("DELETE FROM journal_mark WHERE name = 'indexed'");
        Assert.True(await new KeyIndexRebuild(journal.Database, new KeyIndex(journal.Database), NullLogger.Instance).RunAsync(default));
        Assert.True(contents.Count > 3 && contents.SequenceEqual(await journal.ReadAsync(Contents)), $"seed {seed}");
        Assert.True(open.SequenceEqual(await journal.ReadAsync(Open)), $"seed {seed}: {string.Join(' ', open)}");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_rebuild_amid_writes_ends_where_the_journal_does(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var seed = Random.Shared.Next();
        var work = new RandomWork(journal, seed, keys: 20);
        for (var i = 0; i < 100; i++) await work.StepAsync();
        await journal.RunAsync("DELETE FROM journal_mark WHERE name = 'indexed'");
        var index = new KeyIndex(journal.Database);
        Assert.Null(await index.AdvanceAsync(null, default));
        var rebuild = Task.Run(() => new KeyIndexRebuild(journal.Database, index, NullLogger.Instance).RunAsync(default));
        for (var i = 0; i < 100; i++) await work.StepAsync();
        Assert.True(await rebuild);
        Assert.False(await new KeyIndexRebuild(journal.Database, index, NullLogger.Instance).RunAsync(default));
        await index.AdvanceAsync(null, default);
        var contents = await journal.ReadAsync(Contents);

        await journal.RunAsync("DELETE FROM journal_mark WHERE name = 'indexed'");
        await new KeyIndexRebuild(journal.Database, index, NullLogger.Instance).RunAsync(default);
        Assert.True(contents.SequenceEqual(await journal.ReadAsync(Contents)), $"seed {seed}");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Rows_go_only_when_the_index_has_read_them_and_the_floor_says_so(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var floor = new JournalFloor(journal.Database);
        for (var i = 1; i <= 3; i++) await journal.AppendAsync("kv/a", Put($"{i}", i));
        Assert.False(await floor.RaiseAsync("kv/a", 2, default));
        await new KeyIndex(journal.Database).AdvanceAsync(null, default);
        // The index of locks must have come by too.
        Assert.False(await floor.RaiseAsync("kv/a", 2, default));
        await new LockIndex(journal.Database).AdvanceAsync(null, default);
        await journal.AppendAsync("kv/a", Put("4", 4));
        Assert.False(await floor.RaiseAsync("kv/a", 4, default));
        Assert.True(await floor.RaiseAsync("kv/a", 2, default));
        Assert.Equal(await PositionOfAsync(journal, 2), await journal.ReadAsync("SELECT xid, ordering FROM journal_mark WHERE name = 'floor'"));
        // It never goes back.
        Assert.True(await floor.RaiseAsync("kv/a", 1, default));
        Assert.Equal(await PositionOfAsync(journal, 2), await journal.ReadAsync("SELECT xid, ordering FROM journal_mark WHERE name = 'floor'"));
    }

    [Fact]
    public async Task Data_that_was_dumped_and_restored_on_another_server_is_put_in_order_again()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.AppendAsync("kv/a", Put("1", 1));
        await new KeyIndex(journal.Database).AdvanceAsync(null, default);
        // As on a server that has given out fewer transaction ids than the one that the data come from.
        await journal.RunAsync("UPDATE journal SET xid = '9000000000'::xid8; UPDATE journal_mark SET xid = 9000000000 WHERE name = 'indexed'");
        await journal.EnsureSchemaAsync();
        await journal.AppendAsync("kv/b", Put("2", 1));
        var index = new KeyIndex(journal.Database);
        Assert.Null(await index.AdvanceAsync(null, default));
        await new KeyIndexRebuild(journal.Database, index, NullLogger.Instance).RunAsync(default);
        await index.AdvanceAsync(null, default);
        Assert.Equal(["a", "b"], await journal.ReadAsync("SELECT key FROM key_index ORDER BY key"));
        await using var node = new WatchNode(journal);
        Assert.Equal(ErrorCode.Compacted, (await KeyWatchTests.RefusedAsync(() => node.WatchAsync(from: "0-0"))).Code);
        await journal.EnsureSchemaAsync();
        Assert.NotNull(await index.AdvanceAsync(null, default));
    }

    /// <summary>Tables as they were before there were watches: the rows get positions, in their order, and the index is made.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Data_of_an_earlier_version_gets_positions_and_an_index(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await journal.RunAsync("DROP TABLE journal_mark; DROP TABLE key_index; DROP TABLE key_open; DROP TABLE ended_session");
        if (provider == "postgres") await journal.RunAsync("ALTER TABLE journal DROP COLUMN xid");
        for (var i = 1; i <= 3; i++) await journal.AppendAsync("kv/a", Put($"{i}", i));
        await journal.AppendAsync("kv/b", Put("1", 1));
        await journal.EnsureSchemaAsync();
        await journal.AppendAsync("kv/a", Put("4", 4));
        using var sweeper = new KeySweeper(journal.Database, new KeyIndex(journal.Database), new FakeEntities(), () => true, NullLogger<KeySweeper>.Instance);
        await sweeper.SweepAsync(default);
        await sweeper.SweepAsync(default);
        Assert.Equal(["a|4", "b|1"], await journal.ReadAsync("SELECT key, revision FROM key_index ORDER BY key"));
        await using var node = new WatchNode(journal);
        using var watch = await node.WatchAsync(from: provider == "postgres" ? "0-0" : "0");
        Assert.Equal(["put a=1@1", "put a=2@2", "put a=3@3", "put b=1@1", "put a=4@4"], await watch.ChangesAsync(5));
    }

    private static Task<IReadOnlyList<string>> PositionOfAsync(TestJournal journal, long sequenceNr) => journal.ReadAsync(
        $"SELECT {(journal.Database.IsPostgres ? "xid::text::bigint" : "0")}, ordering FROM journal WHERE persistence_id = 'kv/a' AND sequence_number = {sequenceNr}");
}
