using AkkaHa.Core.Backups;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Backups;
using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>One entity that can't be read ends a backup, and is named.</summary>
[Collection(nameof(JournalCollection))]
public sealed class BackupOfUnreadableTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Rows_that_are_missing_in_the_middle(string provider)
    {
        var journal = await WithRowsAsync(provider);
        await journal.RunAsync("DELETE FROM journal WHERE persistence_id = 'kv/bad' AND sequence_number = 2");
        await RefusedAsync(journal, "rows are missing");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_event_of_a_newer_version(string provider)
    {
        var journal = await WithRowsAsync(provider);
        await journal.AppendAsync("kv/bad", new Event());
        await RefusedAsync(journal, "unknown to this version");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Bytes_that_are_no_row(string provider)
    {
        var journal = await WithRowsAsync(provider);
        await journal.RunAsync($"UPDATE journal SET message = {(provider == "postgres" ? "'\\xffff'" : "x'ffff'")} WHERE persistence_id = 'kv/bad' AND sequence_number = 2");
        await RefusedAsync(journal, "");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_slot_whose_outcomes_can_not_be_read(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await journal.AppendAsync("txn/3", new Event());
        await using var connection = await journal.Database.OpenKeysAsync(default);
        Check(await Assert.ThrowsAsync<RefusedException>(() => StoredForBackup.RecoverAsync(connection, "txn/3", default)), "txn/3", "unknown to this version");
    }

    private async Task<TestJournal> WithRowsAsync(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await journal.AppendAsync("kv/a", Put("x", 1));
        for (var revision = 1; revision <= 3; revision++) await journal.AppendAsync("kv/bad", Put("x", revision));
        await journal.AppendAsync("kv/c", Put("x", 1));
        return journal;
    }

    private static async Task RefusedAsync(TestJournal journal, string why)
    {
        await using var connection = await journal.Database.OpenKeysAsync(default);
        var read = new List<string>();
        var refused = await Assert.ThrowsAsync<RefusedException>(async () =>
        {
            await foreach (var record in new KeysAndLocks(connection, new Cut(1_000_000), new BackupSummary()).ReadAsync(default)) read.Add(record.Key.Key);
        });
        Check(refused, "kv/bad", why);
        Assert.DoesNotContain("bad", read);
    }

    private static void Check(RefusedException refused, string entity, string why)
    {
        Assert.Equal(ErrorCode.Unavailable, refused.Failure.Code);
        Assert.Contains($"{entity} can't be read", refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal((StoredForBackup.Reason, entity), (refused.Failure.Details.Fields["reason"].StringValue, refused.Failure.Details.Fields["entity"].StringValue));
    }
}
