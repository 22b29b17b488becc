using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Tests.Ownership;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>A trial finds out whether the journal can be written, on both databases.</summary>
[Collection(nameof(OwnershipCollection))]
public sealed class JournalTrialTests(OwnershipFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("sqlite", "BEGIN IMMEDIATE")]
    [InlineData("postgres", "BEGIN; LOCK TABLE journal_mark IN ACCESS EXCLUSIVE MODE; SET idle_in_transaction_session_timeout = 0")]
    public async Task It_succeeds_where_the_journal_can_be_written_and_not_before_that_is_so(string provider, string hold)
    {
        var database = fixture.Open(provider);
        var writes = new JournalWrites();
        var trial = new JournalTrial(database, $"{provider}:1", writes);
        await trial.Begin().WaitAsync(Patience);
        Assert.Null(writes.Trouble(MonotonicClock.NowMs));
        // Its own row again.
        await trial.Begin().WaitAsync(Patience);

        writes = new JournalWrites();
        trial = new JournalTrial(database, $"{provider}:1", writes);
        await using (var holder = await database.OpenJournalAsync(default))
        {
            await RunAsync(holder, hold);
            var hanging = trial.Begin();
            await Task.Delay(300);
            Assert.Same(hanging, trial.Begin());
            Assert.NotNull(writes.Trouble(MonotonicClock.NowMs));
            await RunAsync(holder, "ROLLBACK");
            await hanging.WaitAsync(Patience);
        }
        Assert.Null(writes.Trouble(MonotonicClock.NowMs));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task One_that_fails_says_why(string provider)
    {
        var writes = new JournalWrites();
        var database = fixture.Open(provider);
        await using (var holder = await database.OpenJournalAsync(default))
        {
            await RunAsync(holder, "ALTER TABLE journal_mark RENAME TO journal_mark_away");
            try
            {
                await new JournalTrial(database, "a:1", writes).Begin().WaitAsync(Patience);
            }
            finally
            {
                await RunAsync(holder, "ALTER TABLE journal_mark_away RENAME TO journal_mark");
            }
        }
        Assert.Contains("journal_mark", writes.Trouble(MonotonicClock.NowMs), StringComparison.Ordinal);
    }

    private static async Task RunAsync(System.Data.Common.DbConnection connection, string sql)
    {
        await using var command = connection.Command(null, sql);
        await command.ExecuteNonQueryAsync();
    }
}
