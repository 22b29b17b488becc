using System.Data.Common;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Storage;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Several pages are one transaction of an index: what may go wrong between two of them.</summary>
[Collection(nameof(JournalCollection))]
public sealed class JournalIndexTests(JournalFixture fixture)
{
    [Fact]
    public async Task What_was_gone_through_without_finding_anything_is_kept_when_it_is_stopped()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(60_000);
        // It looks for locks, of which there are none: each page goes over 10,000 rows.
        var index = new Told(journal.Database, JournalScope.Locks, pages =>
        {
            if (pages == 5) throw new TimeoutException();
        });
        await Assert.ThrowsAsync<TimeoutException>(() => index.AdvanceAsync(null, default));
        Assert.InRange((await MarkAsync(journal))!.Value.Ordering, 40_000, 41_000);
    }

    [Fact]
    public async Task Where_the_floor_is_raised_between_two_pages_what_was_read_is_written_and_the_index_is_made_again()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(5_000);
        var index = new Told(journal.Database, JournalScope.Keys, pages =>
        {
            if (pages > 1) return;
            Task.Run(() => journal.RunAsync("""
                UPDATE journal_mark SET xid = r.x, ordering = r.ordering FROM (SELECT xid::text::bigint AS x, ordering FROM journal ORDER BY xid, ordering OFFSET 1000 LIMIT 1) r WHERE name = 'floor'
                """)).GetAwaiter().GetResult();
        });
        Assert.Null(await index.AdvanceAsync(null, default));
        // The first page; what came after it may have had gaps.
        Assert.Equal(512, index.Written);
        Assert.Null(await MarkAsync(journal));
    }

    /// <summary>It gives way to calls between two pages: where they write more than it reads meanwhile, it would else follow them for long.</summary>
    [Fact]
    public async Task It_goes_to_the_end_that_there_was_though_more_is_written_meanwhile()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(3_000);
        await using var connection = await journal.Database.OpenKeysAsync(default);
        var end = await new JournalReader(journal.Database).HighestAsync(connection, default);
        var read = 0;
        var index = new Told(journal.Database, JournalScope.Keys, pages =>
        {
            read = pages;
            if (pages == 50) throw new TimeoutException();
            Task.Run(() => journal.RunAsync("""
                INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
                SELECT 'kv/more', (SELECT count(*) FROM journal) + n, created, message, manifest, identifier FROM journal, generate_series(1, 1500) n WHERE persistence_id = 'kv/first'
                """)).GetAwaiter().GetResult();
        });
        Assert.True(await index.AdvanceAsync(null, default) >= end);
        Assert.InRange(read, 3, 10);
    }

    [Fact]
    public async Task Large_rows_are_several_transactions()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.AppendAsync("kv/large", TestJournal.Put(new string('x', 1_000_000), 1));
        await journal.RunAsync("""
            INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier)
            SELECT 'kv/large-' || n, 1, created, message, manifest, identifier FROM journal, generate_series(1, 40) n
            """);
        var index = new Told(journal.Database, JournalScope.Keys, _ => { });
        Assert.NotNull(await index.AdvanceAsync(null, default));
        Assert.Equal(41, index.Written);
        // 16 MiB and a page, of 4 MiB, at most.
        Assert.InRange(index.Transactions, 2, 4);
    }

    [Fact]
    public async Task Between_two_pages_it_gives_way()
    {
        var journal = await fixture.NewAsync("postgres");
        await journal.FillAsync(8_000);
        var read = 0;
        var index = new Told(journal.Database, JournalScope.Keys, pages => read = pages);
        var from = TimeProvider.System.GetTimestamp();
        await index.AdvanceAsync(null, default);
        Assert.True(read >= 8, $"{read} pages");
        Assert.True(TimeProvider.System.GetElapsedTime(from) >= TimeSpan.FromMilliseconds(14 * (read - 1)));
    }

    private static async Task<JournalPosition?> MarkAsync(TestJournal journal)
    {
        await using var connection = await journal.Database.OpenKeysAsync(default);
        return await Marks.ReadAsync(connection, null, Marks.Indexed, default);
    }

    /// <summary>Counts, and tells after each page how many it has read.</summary>
    private sealed class Told(Database database, JournalScope scope, Action<int> read) : JournalIndex(database, scope, Marks.Indexed)
    {
        private int pages;

        public int Written { get; private set; }

        public int Transactions { get; private set; }

        protected override IIndexChanges NoChanges() => new Counted(this);

        protected override void Seen(JournalPage page) => read(++pages);

        private sealed class Counted(Told index) : IIndexChanges
        {
            private int rows;

            public Task AddAsync(DbConnection connection, JournalRow row, CancellationToken ct)
            {
                rows++;
                return Task.CompletedTask;
            }

            public Task WriteAsync(DbConnection connection, DbTransaction transaction, CancellationToken ct)
            {
                index.Written += rows;
                index.Transactions++;
                return Task.CompletedTask;
            }
        }
    }
}
