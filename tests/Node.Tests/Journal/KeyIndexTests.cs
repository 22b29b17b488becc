using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Ownership;
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
    public async Task A_session_that_was_created_after_its_slot_was_read_is_not_taken_for_ended(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        string[] ids = [.. Enumerable.Range(0, 3).Select(_ => SessionId.Create(1, Guid.CreateVersion7()).Text)];
        await journal.AppendAsync("session/1", Created(ids[0]));
        await using var connection = await journal.Database.OpenKeysAsync(default);
        var sessions = new LivingSessions(connection);
        Assert.False(await sessions.HasEndedAsync(ids[0], default));
        await journal.AppendAsync("session/1", Created(ids[1]));
        Assert.False(await sessions.HasEndedAsync(ids[1], default));
        await journal.AppendAsync("session/1", Created(ids[2]), Ended(ids[2]));
        Assert.True(await sessions.HasEndedAsync(ids[2], default));
        Assert.True(await sessions.HasEndedAsync(ids[2], default));
    }

    /// <summary>The session was checked by the transaction, and ended once that was decided; the key's own row comes after the index was made.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_rebuild_marks_what_is_bound_to_an_ended_session_also_by_a_transaction_that_is_applied_later(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var (alive, ended) = (SessionId.Create(1, Guid.CreateVersion7()).Text, SessionId.Create(1, Guid.CreateVersion7()).Text);
        await journal.AppendAsync("session/1", Created(alive), Created(ended));
        await journal.AppendAsync("kv/alive", Put("x", 1, session: alive));
        await journal.AppendAsync("kv/bound", Put("x", 1, session: ended));
        await journal.AppendAsync("kv/later", Prepared("t", Put("x", 1, session: ended).KeyWritten));
        await journal.AppendAsync("kv/else", Prepared("u", Put("x", 1, session: alive).KeyWritten, Put("y", 1, session: ended).KeyWritten));
        await journal.AppendAsync("session/1", Ended(ended));
        await journal.RunAsync("DELETE FROM journal_mark WHERE name = 'indexed'");
        var index = new KeyIndex(journal.Database);
        Assert.True(await new KeyIndexRebuild(journal.Database, index, NullLogger.Instance).RunAsync(default));
        await journal.AppendAsync("kv/later", Applied("t", write: Put("x", 1, session: ended).KeyWritten));
        await journal.AppendAsync("kv/else", Applied("u", then: false, write: Put("y", 1, session: ended).KeyWritten));
        await index.AdvanceAsync(null, default);
        Assert.Equal(["alive|0", "bound|1", "else|1", "later|1"], await journal.ReadAsync("SELECT key, session_ended FROM key_index ORDER BY key"));
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

    [Fact]
    public async Task Restored_data_get_their_index_once_the_transactions_are_over_that_the_other_server_had_open_before()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.AppendAsync("kv/a", Put("1", 1));
        var index = new KeyIndex(journal.Database);
        await index.AdvanceAsync(null, default);
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await using (var setting = connection.Command(null, "SET idle_in_transaction_session_timeout = 0")) await setting.ExecuteNonQueryAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var begin = connection.Command(transaction, "SELECT pg_current_xact_id()::text")) await begin.ExecuteScalarAsync();
        await journal.RunAsync("UPDATE journal SET xid = '9000000000'::xid8; UPDATE journal_mark SET xid = 9000000000 WHERE name = 'indexed'");
        await journal.EnsureSchemaAsync();
        var rebuild = new KeyIndexRebuild(journal.Database, index, NullLogger.Instance);
        Assert.Null(await index.AdvanceAsync(null, default));
        Assert.False(await rebuild.RunAsync(default));
        Assert.Null(await index.AdvanceAsync(null, default));
        await transaction.CommitAsync();
        Assert.True(await rebuild.RunAsync(default));
        Assert.NotNull(await index.AdvanceAsync(null, default));
        Assert.Equal(["a"], await journal.ReadAsync("SELECT key FROM key_index"));
    }

    /// <summary>However it came to that: what can't be read on is made again, rather than stuck for ever.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_index_that_is_below_the_floor_is_made_again(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await journal.AppendAsync("kv/a", Put("1", 1));
        await journal.AppendAsync("kv/a", Put("2", 2));
        var index = new KeyIndex(journal.Database);
        await index.AdvanceAsync(null, default);
        Assert.True(await new JournalFloor(journal.Database).RaiseAsync("kv/a", 1, default));
        await journal.RunAsync("UPDATE journal_mark SET xid = 0, ordering = 0 WHERE name = 'indexed'");
        using var sweeper = new KeySweeper(journal.Database, index, new FakeEntities(), () => true, NullLogger<KeySweeper>.Instance);
        await sweeper.SweepAsync(default);
        Assert.Equal(await journal.HorizonAsync(), await index.AdvanceAsync(null, default));
        Assert.Equal(["a|2"], await journal.ReadAsync("SELECT key, revision FROM key_index"));
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

    private static Event Created(string session) => new() { SessionCreated = new SessionCreated { SessionId = session, TtlMs = 1000 } };

    private static Event Ended(string session) => new() { SessionEnded = new SessionEnded { SessionId = session, Reason = "close" } };

    private static Task<IReadOnlyList<string>> PositionOfAsync(TestJournal journal, long sequenceNr) => journal.ReadAsync(
        $"SELECT {(journal.Database.IsPostgres ? "xid::text::bigint" : "0")}, ordering FROM journal WHERE persistence_id = 'kv/a' AND sequence_number = {sequenceNr}");
}
