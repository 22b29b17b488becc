using System.Data.Common;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Tests.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>An index that is made again ends no key whose session lives, misses none whose session has ended, and is made whatever it was before.</summary>
[Collection(nameof(JournalCollection))]
public sealed class KeyIndexRebuildTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    /// <summary>A rebuild stands still after its first keys, and goes on when the rest has been bound to a session that was not there before.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Sessions_that_are_created_amid_a_rebuild_live(string provider)
    {
        const int Keys = 300;
        var journal = await fixture.NewAsync(provider);
        var (before, amid) = (SessionId.Create(1, Guid.CreateVersion7()).Text, SessionId.Create(1, Guid.CreateVersion7()).Text);
        await using var connection = await journal.Database.OpenJournalAsync(default);
        if (provider == "postgres") await RunAsync(connection, null, "SET idle_in_transaction_session_timeout = 0");
        await using (var first = await connection.BeginTransactionAsync())
        {
            await journal.InsertAsync(connection, first, "session/1", Created(before));
            for (var i = 0; i < Keys; i++) await journal.InsertAsync(connection, first, $"kv/{i}", Put("x", 1, session: before));
            await first.CommitAsync();
        }
        await journal.RunAsync("DELETE FROM journal_mark WHERE name = 'indexed'");
        var index = new KeyIndex(journal.Database);
        var begun = new Begun();
        // Its first batch waits for this row, its beginning did not.
        DbTransaction? held = null;
        begun.Then = () =>
        {
            held = connection.BeginTransaction();
            using var hold = connection.Command(held, "UPDATE journal_mark SET ordering = ordering WHERE name = 'rebuild'");
            hold.ExecuteNonQuery();
        };
        var rebuild = Task.Run(() => new KeyIndexRebuild(journal.Database, index, begun).RunAsync(default));
        await begun.Task;
        await Task.Delay(2000);
        Assert.False(rebuild.IsCompleted);
        await journal.InsertAsync(connection, held, "session/1", Created(amid));
        for (var i = 0; i < Keys; i++) await journal.InsertAsync(connection, held, $"kv/{i}", Put("y", 2, session: amid));
        await held!.CommitAsync();
        Assert.True(await rebuild);
        Assert.Empty(await journal.ReadAsync("SELECT session_id FROM ended_session"));
        await index.AdvanceAsync(null, default);
        Assert.Equal([$"{amid}|0|{Keys}"], await journal.ReadAsync("SELECT session_id, session_ended, count(*) FROM key_index GROUP BY session_id, session_ended"));
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
        // One for each key: that of another must not be what shows it.
        string[] ids = [.. Enumerable.Range(0, 4).Select(_ => SessionId.Create(1, Guid.CreateVersion7()).Text)];
        var (alive, bound, later, @else) = (ids[0], ids[1], ids[2], ids[3]);
        await journal.AppendAsync("session/1", [.. ids.Select(Created)]);
        await journal.AppendAsync("kv/alive", Put("x", 1, session: alive));
        await journal.AppendAsync("kv/bound", Put("x", 1, session: bound));
        await journal.AppendAsync("kv/later", Prepared("t", Put("x", 1, session: later).KeyWritten));
        await journal.AppendAsync("kv/else", Prepared("u", Put("x", 1, session: alive).KeyWritten, Put("y", 1, session: @else).KeyWritten));
        await journal.AppendAsync("session/1", Ended(bound), Ended(later), Ended(@else));
        await journal.RunAsync("DELETE FROM journal_mark WHERE name = 'indexed'");
        var index = new KeyIndex(journal.Database);
        Assert.True(await new KeyIndexRebuild(journal.Database, index, NullLogger.Instance).RunAsync(default));
        await journal.AppendAsync("kv/later", Applied("t", write: Put("x", 1, session: later).KeyWritten));
        await journal.AppendAsync("kv/else", Applied("u", then: false, write: Put("y", 1, session: @else).KeyWritten));
        await index.AdvanceAsync(null, default);
        Assert.Equal(["alive|0", "bound|1", "else|1", "later|1"], await journal.ReadAsync("SELECT key, session_ended FROM key_index ORDER BY key"));
    }

    [Fact]
    public async Task Restored_data_get_their_index_once_the_transactions_are_over_that_the_other_server_had_open_before()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.AppendAsync("kv/a", Put("1", 1));
        var index = new KeyIndex(journal.Database);
        await index.AdvanceAsync(null, default);
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await RunAsync(connection, null, "SET idle_in_transaction_session_timeout = 0");
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, transaction, "SELECT pg_current_xact_id()::text");
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
        await new LockIndex(journal.Database).AdvanceAsync(null, default);
        Assert.True(await new JournalFloor(journal.Database).RaiseAsync("kv/a", 1, default));
        await journal.RunAsync("UPDATE journal_mark SET xid = 0, ordering = 0 WHERE name = 'indexed'");
        using var sweeper = new KeySweeper(journal.Database, index, new FakeEntities(), () => true, NullLogger<KeySweeper>.Instance);
        await sweeper.SweepAsync(default);
        Assert.Equal(await journal.HorizonAsync(), await index.AdvanceAsync(null, default));
        Assert.Equal(["a|2"], await journal.ReadAsync("SELECT key, revision FROM key_index"));
    }

    private static Event Created(string session) => new() { SessionCreated = new SessionCreated { SessionId = session, TtlMs = 1000 } };

    private static Event Ended(string session) => new() { SessionEnded = new SessionEnded { SessionId = session, Reason = "close" } };

    private static async Task RunAsync(DbConnection connection, DbTransaction? transaction, string sql)
    {
        await using var command = connection.Command(transaction, sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A rebuild's log: what it says first, it says before it reads the keys.</summary>
    private sealed class Begun : ILogger
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Action Then { get; set; } = () => { };

        public Task Task => begun.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (begun.Task.IsCompleted) return;
            Then();
            begun.SetResult();
        }
    }
}
