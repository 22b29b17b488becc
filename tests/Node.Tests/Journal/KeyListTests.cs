using System.Diagnostics;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Lists;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Tests.Api;
using Google.Protobuf;
using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Lists over real journals: nothing that was answered before is missing, in the order of UTF-8 bytes, a page at a time.</summary>
[Collection(nameof(JournalCollection))]
public sealed class KeyListTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_list_has_what_was_written_before_it_in_the_order_of_bytes_a_page_at_a_time(string provider)
    {
        var (journal, lists, _) = await NewAsync(provider);
        // UTF-16 would put the fourth before the third; a pattern would take '_' and '%' for others.
        string[] ordered = ["p/A", "p/_%", "p/a", "p/\uE000", "p/\U0001F600", "p/\U0010FFFF"];
        foreach (var key in ordered.Reverse()) await journal.AppendAsync($"kv/{key}", Put(key, 1));
        foreach (var other in new[] { "o", "p", "p0", "pp/x", "P/a" }) await journal.AppendAsync($"kv/{other}", Put("x", 1));
        Assert.Equal(ordered, (await lists.ListAsync(new ListKeysRequest { Prefix = "p/" }, default)).Entries.Select(e => e.Value.ToStringUtf8()));

        var names = new List<string>();
        var request = new ListKeysRequest { Prefix = "p/", Limit = 2, KeysOnly = true };
        do
        {
            var page = await lists.ListAsync(request, default);
            Assert.True(page.Entries.Count is > 0 and <= 2);
            Assert.All(page.Entries, e => Assert.True(e.Value.IsEmpty && e.Revision == 1));
            names.AddRange(page.Entries.Select(e => e.Key));
            request.After = page.Next;
        }
        while (request.After.Length > 0);
        Assert.Equal(ordered, names);
        Assert.Equal(ordered.Length + 5, (await lists.ListAsync(new ListKeysRequest(), default)).Entries.Count);
        Assert.Equal(["p/_%"], (await lists.ListAsync(new ListKeysRequest { Prefix = "p/_" }, default)).Entries.Select(e => e.Key));
        Assert.Empty((await lists.ListAsync(new ListKeysRequest { Prefix = "p/", After = "q" }, default)).Entries);
        Assert.Equal(ordered.Length, (await lists.ListAsync(new ListKeysRequest { Prefix = "p/", After = "a" }, default)).Entries.Count);

        await journal.AppendAsync("kv/p/a", Delete(2));
        await journal.AppendAsync("kv/p/_%", Put("new", 2));
        var now = await lists.ListAsync(new ListKeysRequest { Prefix = "p/", Limit = 2 }, default);
        Assert.Equal(["p/A=p/A@1", "p/_%=new@2"], now.Entries.Select(e => $"{e.Key}={e.Value.ToStringUtf8()}@{e.Revision}"));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Keys_on_which_a_transaction_is_open_are_asked_and_no_others(string provider)
    {
        var (journal, lists, entities) = await NewAsync(provider);
        await journal.AppendAsync("kv/a", Put("old", 1));
        await journal.AppendAsync("kv/a", Prepared("t", Put("new", 2).KeyWritten));
        await journal.AppendAsync("kv/b", Prepared("t", Put("first", 1).KeyWritten));
        await journal.AppendAsync("kv/c", Put("kept", 1));
        await journal.AppendAsync("kv/c", Prepared("t", null));
        await journal.AppendAsync("kv/d", Put("x", 1));
        await journal.AppendAsync("kv/d", Prepared("t", Delete(2).KeyWritten));
        await journal.AppendAsync("kv/e", Prepared("t", Put("never", 1).KeyWritten));
        await journal.AppendAsync("kv/e", Discarded("t"));
        entities.Answer = (command, _) => Task.FromResult(command.GetKey.Key switch
        {
            "a" => new Reply { KeyValue = new KeyValue { Key = "a", Value = ByteString.CopyFromUtf8("new"), Revision = 2 } },
            "b" => new Reply { KeyValue = new KeyValue { Key = "b", Value = ByteString.CopyFromUtf8("first"), Revision = 1 } },
            "d" => new Reply { Failure = new Failure { Code = ErrorCode.NotFound } },
            _ => throw new InvalidOperationException($"{command.Entity} was asked"),
        });
        var all = await lists.ListAsync(new ListKeysRequest(), default);
        Assert.Equal(["a=new", "b=first", "c=kept"], all.Entries.Select(e => $"{e.Key}={e.Value.ToStringUtf8()}"));
        Assert.Equal("", all.Next);
        entities.Reset();
        var stale = await lists.ListAsync(new ListKeysRequest { Consistent = false }, default);
        Assert.Equal(["a=old", "c=kept", "d=x"], stale.Entries.Select(e => $"{e.Key}={e.Value.ToStringUtf8()}"));

        entities.AnswerWith(new Reply { Failure = new Failure { Code = ErrorCode.Unavailable, Message = "moving" } });
        Assert.Equal(ErrorCode.Unavailable, (await KeyWatchTests.RefusedAsync(() => lists.ListAsync(new ListKeysRequest(), default))).Code);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_key_whose_time_is_over_is_asked(string provider)
    {
        var (journal, lists, entities) = await NewAsync(provider);
        await journal.AppendAsync("kv/over", Put("x", 1, expiresAtMs: 1));
        entities.AnswerWith(new Reply { Failure = new Failure { Code = ErrorCode.NotFound } });
        Assert.Empty((await lists.ListAsync(new ListKeysRequest(), default)).Entries);
        Assert.Equal("over", entities.OnlyCommand.GetKey.Key);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_page_has_four_MiB_of_values_at_most_and_says_where_to_go_on(string provider)
    {
        var (journal, lists, _) = await NewAsync(provider);
        var value = ByteString.CopyFrom(new byte[Limits.ValueBytes]);
        for (var i = 0; i < 6; i++)
            await journal.AppendAsync($"kv/{i}", new Event { KeyWritten = new KeyWritten { Present = true, Revision = 1, Value = value } });
        var first = await lists.ListAsync(new ListKeysRequest(), default);
        Assert.Equal(["0", "1", "2", "3"], first.Entries.Select(e => e.Key));
        Assert.Equal("3", first.Next);
        Assert.Equal(["4", "5"], (await lists.ListAsync(new ListKeysRequest { After = "3" }, default)).Entries.Select(e => e.Key));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Without_an_index_lists_are_unavailable(string provider)
    {
        var (journal, lists, _) = await NewAsync(provider);
        await journal.RunAsync("DELETE FROM journal_mark WHERE name = 'indexed'");
        foreach (var consistent in new[] { true, false })
            Assert.Equal(ErrorCode.Unavailable, (await KeyWatchTests.RefusedAsync(() => lists.ListAsync(new ListKeysRequest { Consistent = consistent }, default))).Code);
    }

    [Fact]
    public async Task A_transaction_that_stays_open_holds_consistent_lists_back_and_is_named()
    {
        var (journal, lists, _) = await NewAsync("postgres");
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await using (var setting = connection.Command(null, "SET idle_in_transaction_session_timeout = 0")) await setting.ExecuteNonQueryAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await journal.InsertAsync(connection, transaction, "kv/late", Put("x", 1));
        // What was committed before it began can be listed: nothing holds that back.
        Assert.Empty((await lists.ListAsync(new ListKeysRequest(), default)).Entries);
        await journal.AppendAsync("kv/a", Put("1", 1));
        var since = Stopwatch.StartNew();
        var refusal = await KeyWatchTests.RefusedAsync(() => lists.ListAsync(new ListKeysRequest(), default));
        Assert.Equal(ErrorCode.Unavailable, refusal.Code);
        Assert.Contains("has been open for", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(since.Elapsed.TotalSeconds, 4, 20);
        Assert.Empty((await lists.ListAsync(new ListKeysRequest { Consistent = false }, default)).Entries);
        await transaction.CommitAsync();
        Assert.Equal(["a", "late"], (await lists.ListAsync(new ListKeysRequest(), default)).Entries.Select(e => e.Key));
    }

    /// <summary>The sweeper, say, which waits for the database with much more patience.</summary>
    [Fact]
    public async Task A_list_does_not_wait_for_ever_for_who_brings_the_index_forward_already()
    {
        var (journal, entities) = (await fixture.NewAsync("postgres"), new FakeEntities());
        var index = new KeyIndex(journal.Database);
        var lists = new KeyLists(journal.Database, index, entities);
        await journal.AppendAsync("kv/a", Put("1", 1));
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await using (var setting = connection.Command(null, "SET idle_in_transaction_session_timeout = 0")) await setting.ExecuteNonQueryAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = connection.Command(transaction, "UPDATE journal_mark SET ordering = ordering WHERE name = 'indexed'")) await hold.ExecuteNonQueryAsync();
        var sweeper = index.AdvanceAsync(null, default);
        var since = Stopwatch.StartNew();
        Assert.Equal(ErrorCode.Unavailable, (await KeyWatchTests.RefusedAsync(() => lists.ListAsync(new ListKeysRequest(), default))).Code);
        Assert.InRange(since.Elapsed.TotalSeconds, 4, 20);
        await transaction.RollbackAsync();
        await sweeper;
        Assert.Equal(["a"], (await lists.ListAsync(new ListKeysRequest(), default)).Entries.Select(e => e.Key));
    }

    private async Task<(TestJournal, KeyLists, FakeEntities)> NewAsync(string provider)
    {
        var (journal, entities) = (await fixture.NewAsync(provider), new FakeEntities());
        return (journal, new KeyLists(journal.Database, new KeyIndex(journal.Database), entities), entities);
    }
}
