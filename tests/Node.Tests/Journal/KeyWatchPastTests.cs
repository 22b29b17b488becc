using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Tests.Metrics;
using Xunit;
using static AkkaHa.Node.Tests.Journal.KeyWatchTests;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>What watches make of the journal's past: a long one, one that earlier versions wrote, one that is not what it was.</summary>
[Collection(nameof(JournalCollection))]
public sealed class KeyWatchPastTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    private static Event AppliedNothing(string transaction) => new() { Applied = new Applied { TransactionId = transaction, Then = true, WritesNothing = true } };

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_only_read_a_key_is_told_from_its_own_row(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var from = new WatchPosition(await journal.HorizonAsync()).Text(journal.Database.IsPostgres);
        await using var node = new WatchNode(journal);
        using var live = await node.WatchAsync();
        await live.NextAsync();
        // There is no Prepared to be looked for.
        await journal.AppendAsync("kv/a", AppliedNothing("t"));
        await journal.AppendAsync("kv/a", Put("1", 1));
        Assert.Equal("put a=1@1", await live.NextChangeAsync());
        await using var other = new WatchNode(journal, remembers: false);
        using var past = await other.WatchAsync(from: from);
        Assert.Equal("put a=1@1", await past.NextChangeAsync());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_row_of_before_that_nobody_can_tell_any_more_ends_watches_once_and_is_left_behind(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        using var live = await node.WatchAsync();
        await live.NextAsync();
        await journal.AppendAsync("kv/a", Applied("t"));
        IsCompacted(await RefusedAsync(() => live.NextChangeAsync()));
        using var again = await EventuallyAsync(() => node.WatchAsync());
        await journal.AppendAsync("kv/a", Put("1", 1));
        Assert.Equal("put a=1@1", await again.NextChangeAsync());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_page_goes_over_so_many_rows_and_no_more(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await FillAsync(journal, 250);
        await using var connection = await journal.Database.OpenKeysAsync(default);
        var reader = new JournalReader(journal.Database, scanAtOnce: 100);
        var (at, pages) = (JournalPosition.Start, new List<(int Rows, long UpTo, bool More)>());
        do
        {
            var page = await reader.ReadAsync(connection, at, JournalScope.Of(new WatchedKeys("quiet/", Exact: false)), default);
            pages.Add((page.Rows.Count, page.UpTo.Ordering, page.More));
            at = page.UpTo;
        }
        while (pages[^1].More);
        Assert.Equal([(0, 100, true), (0, 200, true), (0, 250, false)], pages);
        // The rows of one key are found by their own index.
        var one = await reader.ReadAsync(connection, JournalPosition.Start, JournalScope.Of(new WatchedKeys("loud", Exact: true)), default);
        Assert.Equal((250, false), (one.Rows.Count, one.More));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Who_looks_for_few_changes_in_a_long_journal_hears_how_far_it_has_come(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await FillAsync(journal, 1000);
        await journal.AppendAsync("kv/quiet/x", Put("x", 1));
        await FillAsync(journal, 50);
        await using var node = new WatchNode(journal, remembers: false, past: new JournalReader(journal.Database, scanAtOnce: 100), heartbeatAfter: TimeSpan.Zero);
        using var watch = await node.WatchAsync("quiet/", from: "0");
        var positions = new List<WatchPosition>();
        WatchEvent e;
        while (!(e = await watch.NextAsync()).HasKey)
        {
            Assert.True(WatchPosition.TryParse(e.Position, journal.Database.IsPostgres, out var position));
            positions.Add(position.Value);
        }
        Assert.Equal("quiet/x", e.Key);
        Assert.InRange(positions.Count, 9, 12);
        Assert.Equal(positions.Order().Distinct(), positions);
        await journal.AppendAsync("kv/quiet/y", Put("y", 1));
        Assert.Equal("put quiet/y=y@1", await watch.NextChangeAsync());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task No_more_watches_read_the_past_at_the_same_time_than_the_limit(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await journal.AppendAsync("kv/a", Put("1", 1), Put("2", 2));
        await journal.AppendAsync("kv/a", Put("3", 3));
        await using var node = new WatchNode(journal, remembers: false);
        using var seen = new NodeMeterTests.Seen();
        var watches = new List<WatchClient>();
        for (var i = 0; i < Limits.WatchesCatchingUp; i++) watches.Add(await node.WatchAsync(from: "0"));
        // Watches of the test before may be over only now.
        Assert.True(seen.Up("akkaha.watches.catching.up") >= Limits.WatchesCatchingUp, seen.ToString());
        var refusal = await RefusedAsync(() => node.WatchAsync(from: "0"));
        Assert.Equal(ErrorCode.Unavailable, refusal.Code);
        Assert.Contains($"{Limits.WatchesCatchingUp}", refusal.Message, StringComparison.Ordinal);
        // One that begins now reads no past, and one that has come to the present does so no more.
        using var live = await node.WatchAsync();
        Assert.Equal(["put a=1@1", "put a=2@2", "put a=3@3"], await watches[0].ChangesAsync(3));
        await journal.AppendAsync("kv/a", Put("4", 4));
        Assert.Equal("put a=4@4", await watches[0].NextChangeAsync());
        using (await node.WatchAsync(from: "0")) await RefusedAsync(() => node.WatchAsync(from: "0"));
        foreach (var watch in watches) watch.Dispose();
        using var later = await node.WatchAsync(from: "0");
        Assert.Equal(4, (await later.ChangesAsync(4)).Count);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task When_an_older_copy_of_the_journal_is_put_in_its_place_watches_end_with_COMPACTED(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await journal.AppendAsync("kv/a", Put("1", 1));
        await using var node = new WatchNode(journal);
        using var live = await node.WatchAsync("a");
        await live.NextAsync();
        await journal.AppendAsync("kv/a", Put("2", 2));
        await journal.AppendAsync("kv/a", Put("3", 3));
        await live.ChangesAsync(2);
        await journal.RunAsync("DELETE FROM journal WHERE sequence_number > 1");
        IsCompacted(await RefusedAsync(() => live.NextChangeAsync()));
        using var again = await EventuallyAsync(() => node.WatchAsync("a"));
        await journal.AppendAsync("kv/a", Put("other", 2));
        Assert.Equal("put a=other@2", await again.NextChangeAsync());
    }

    /// <summary>It has read past where the journal ends now: what it would read next may be other changes than those that were there.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task One_that_still_reads_the_past_when_an_older_copy_is_put_in_its_place_ends_with_COMPACTED_too(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await FillAsync(journal, 40);
        await using var node = new WatchNode(journal, remembers: false, past: new JournalReader(journal.Database, scanAtOnce: 10));
        using var behind = await node.WatchAsync("loud", from: "0");
        Assert.Equal(20, (await behind.ChangesAsync(20)).Count);
        await journal.RunAsync("DELETE FROM journal WHERE sequence_number > 5");
        IsCompacted(await RefusedAsync(() => behind.ChangesAsync(20)));
        // And one whose place is still there goes on.
        using var early = await EventuallyAsync(() => node.WatchAsync("loud", from: "0"));
        Assert.Equal(5, (await early.ChangesAsync(5)).Count);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Rows_that_go_in_their_time_are_not_taken_for_an_older_copy(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        for (var i = 1; i <= 5; i++) await journal.AppendAsync("kv/a", Put($"{i}", i));
        await new AkkaHa.Node.Lists.KeyIndex(journal.Database).AdvanceAsync(null, default);
        await new AkkaHa.Node.Lists.LockIndex(journal.Database).AdvanceAsync(null, default);
        await using var node = new WatchNode(journal);
        using var live = await node.WatchAsync("a");
        await live.NextAsync();
        // The last row of each entity stays; were it not for the floor, all that is left would be below what was read.
        Assert.True(await new JournalFloor(journal.Database).RaiseAsync("kv/a", 5, default));
        await journal.RunAsync("DELETE FROM journal WHERE persistence_id = 'kv/a'");
        await Task.Delay(300);
        await journal.AppendAsync("kv/a", Put("6", 6));
        Assert.Equal("put a=6@6", await live.NextChangeAsync());
    }

    private static async Task FillAsync(TestJournal journal, int rows)
    {
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await using var transaction = await connection.BeginTransactionAsync();
        for (var i = 1; i <= rows; i++) await journal.InsertAsync(connection, transaction, "kv/loud", Put("x", i));
        await transaction.CommitAsync();
    }

    private static async Task<WatchClient> EventuallyAsync(Func<Task<WatchClient>> watch)
    {
        for (var until = DateTime.UtcNow + WatchNode.Patience; ; await Task.Delay(100))
        {
            try
            {
                return await watch();
            }
            catch (RefusedException e) when (e.Failure.Code == ErrorCode.Unavailable && DateTime.UtcNow < until)
            {
                // The tail begins anew half a second later.
            }
        }
    }

    private static void IsCompacted(Messages.Internal.Failure refused) =>
        Assert.Equal((ErrorCode.Compacted, true), (refused.Code, refused.Details.Fields.TryGetValue("oldest", out var oldest) && oldest.StringValue.Length > 0));
}
