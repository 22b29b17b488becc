using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Npgsql;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>What every node asks all the time costs the same however long the journal has become: counted by PostgreSQL itself, in rows and entries that it has gone through.</summary>
[Collection(nameof(JournalCollection))]
public sealed class JournalCostTests(JournalFixture fixture)
{
    private const int Rows = 20_000;

    [Fact]
    public async Task What_is_asked_of_the_end_of_a_long_journal_goes_through_its_end_alone()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(Rows);
        var reader = new JournalReader(journal.Database);
        await using var connection = await journal.Database.OpenJournalAsync(default);

        Assert.InRange(await CostAsync(connection, c => reader.HighestAsync(c, default)), 0, 10);
        Assert.InRange(await CostAsync(connection, c => reader.HorizonAsync(c, default)), 0, 10);
        Assert.InRange(await CostAsync(connection, c => reader.RecentAsync(c, 100, 1 << 20, default)), 100, 210);
        var end = await reader.HighestAsync(connection, default);
        await journal.AppendAsync("kv/new", TestJournal.Put("x", 1));
        foreach (var scope in (JournalScope[])[JournalScope.Keys, JournalScope.Of(EntityId.Key("new"))])
            Assert.InRange(await CostAsync(connection, c => reader.ReadAsync(c, end, scope, default)), 0, 30);
    }

    /// <summary>As the index of locks does it after a restore, or a watch of few keys from long ago.</summary>
    [Fact]
    public async Task Who_looks_for_few_rows_in_a_long_journal_goes_through_a_page_at_a_time()
    {
        const int Page = 10_000;
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(10 * Page, transactions: 200, new string('x', 200));
        var reader = new JournalReader(journal.Database, scanAtOnce: Page);
        await using var connection = await journal.Database.OpenJournalAsync(default);
        // With so little PostgreSQL plans for this journal as it does by default for one of ten million rows.
        await using (var little = connection.Command(null, "SET work_mem = '64kB'")) await little.ExecuteNonQueryAsync();
        foreach (var scope in (JournalScope[])[JournalScope.Locks, JournalScope.With(EntityId.KeyKind, "no")])
        {
            var at = JournalPosition.Start;
            for (var page = 0; page < 3; page++)
            {
                // Once for where the page ends, and once for what is in it.
                Assert.InRange(await CostAsync(connection, async c => at = (await reader.ReadAsync(c, at, scope, default)).UpTo), Page, (2 * Page) + 100);
            }
            Assert.Equal(3 * Page, at.Ordering);
        }
    }

    /// <summary>As the tail reads it, whose plan is of when somebody began to watch.</summary>
    [Fact]
    public async Task Who_planned_once_to_read_the_end_goes_through_the_end_alone_though_the_journal_was_short_then()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.AppendAsync("kv/first", TestJournal.Put("x", 1));
        await journal.RunAsync("ANALYZE journal");
        var reader = new JournalReader(journal.Database, planOnce: true);
        await using var connection = await reader.OpenAsync(default);
        for (var i = 0; i < 8; i++) Assert.Single((await reader.ReadAsync(connection, JournalPosition.Start, JournalScope.Keys, default)).Rows);
        await InsertOfFirstAsync(journal);
        var end = await reader.HighestAsync(connection, default);
        await journal.AppendAsync("kv/new", TestJournal.Put("x", 1));
        Assert.InRange(await CostAsync(connection, async c => Assert.Single((await reader.ReadAsync(c, end, JournalScope.Keys, default)).Rows)), 1, 30);
        await using var plans = connection.Command(null, "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements");
        await using var row = await plans.ExecuteReaderAsync();
        Assert.True(await row.ReadAsync());
        Assert.Equal(0, row.GetDecimal(1));
        Assert.InRange(row.GetDecimal(0), 9, 18);
    }

    [Fact]
    public async Task Nobody_else_plans_as_the_reader_of_the_end_does()
    {
        var journal = await fixture.NewAsync("postgres");
        Assert.Equal("off", await SeqScanAsync(new JournalReader(journal.Database, planOnce: true).OpenAsync(default)));
        // The pool gives the same one.
        Assert.Equal("on", await SeqScanAsync(journal.Database.OpenKeysAsync(default)));

        static async Task<string> SeqScanAsync(Task<DbConnection> opening)
        {
            await using var connection = await opening;
            await using var show = connection.Command(null, "SHOW enable_seqscan");
            return (string)(await show.ExecuteScalarAsync())!;
        }
    }

    /// <summary>The plan is made once, and is the same whatever was in the tables then.</summary>
    [Fact]
    public async Task What_an_entity_begins_with_goes_through_its_own_rows_though_it_was_planned_when_there_were_no_others()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.AppendAsync("kv/first", TestJournal.Put("x", 1));
        await journal.RunAsync("ANALYZE journal");
        using var reads = new RecoveryReads(journal.Database.JournalConnection);
        // After some times PostgreSQL keeps a plan by itself.
        for (var i = 0; i < 8; i++) await BeginAsync(0);
        await InsertOfFirstAsync(journal);
        await using var connection = await journal.Database.OpenJournalAsync(default);
        var cost = await CostAsync(connection, async _ =>
        {
            await BeginAsync(Rows / 1000);
            reads.Dispose();
        }, everybody: true);
        Assert.InRange(cost, Rows / 1000, 100);

        async Task BeginAsync(int rows) => Assert.Equal(rows, (await reads.BeginningsAsync([new("kv/7", long.MaxValue, long.MaxValue)]))[0].Rows.Count);
    }

    [Fact]
    public async Task Bringing_the_index_forward_goes_through_what_is_new_alone()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(Rows);
        var index = new KeyIndex(journal.Database);
        await index.AdvanceAsync(null, default);
        await journal.AppendAsync("kv/new", TestJournal.Put("x", 1));
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await EndOthersAsync(connection);
        Assert.InRange(await CostAsync(connection, _ => index.AdvanceAsync(null, default), everybody: true), 0, 100);
    }

    [Fact]
    public async Task A_key_that_was_written_often_is_put_once_for_all_pages_that_go_into_one_transaction()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(Rows);
        await new KeyIndex(journal.Database).AdvanceAsync(null, default);
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await EndOthersAsync(connection);
        await using var count = connection.Command(null, "SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'key_index'");
        // 101 keys, and two transactions. By pages of 512 rows, each a transaction, they were 3,934.
        Assert.InRange(Convert.ToInt64(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture), 101, 202);
    }

    /// <summary>Not analyzed: that would have all plans made anew.</summary>
    private static Task InsertOfFirstAsync(TestJournal journal) => journal.RunAsync($"""
        INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
        SELECT 'kv/' || n % 1000, n, created, message, manifest, identifier FROM journal, generate_series(1, {Rows}) n WHERE persistence_id = 'kv/first'
        """);

    /// <summary>What this connection has gone through meanwhile, of the journal and its indexes.</summary>
    private static async Task<long> CostAsync(DbConnection connection, Func<DbConnection, Task> run, bool everybody = false)
    {
        var before = await GoneThroughAsync(connection);
        await run(connection);
        if (everybody) await EndOthersAsync(connection);
        return await GoneThroughAsync(connection) - before;
    }

    /// <summary>What others did is counted for certain when they have ended.</summary>
    private static async Task EndOthersAsync(DbConnection connection)
    {
        NpgsqlConnection.ClearAllPools();
        await using var others = connection.Command(null, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()");
        for (var since = Stopwatch.StartNew(); (long)(await others.ExecuteScalarAsync())! > 0; await Task.Delay(20))
            if (since.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException("a connection does not end");
    }

    private static async Task<long> GoneThroughAsync(DbConnection connection)
    {
        await using (var flush = connection.Command(null, "SELECT pg_stat_force_next_flush()")) await flush.ExecuteNonQueryAsync();
        await using var count = connection.Command(null, """
            SELECT (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'journal') + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'journal')
            """);
        return Convert.ToInt64(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}
