using AkkaHa.Node.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>When the journal is said not to take writes, and when not.</summary>
public sealed class JournalWritesTests
{
    private readonly JournalWrites writes = new();

    [Fact]
    public void Before_anything_was_written_nothing_is_known_and_a_trial_tells()
    {
        Assert.True(writes.IsTrialDue(0));
        Assert.Contains("not been written yet", writes.Trouble(0), StringComparison.Ordinal);
        writes.TrialFailed("read-only");
        Assert.Contains("read-only", writes.Trouble(0), StringComparison.Ordinal);
        writes.TrialSucceeded(1);
        Assert.Null(writes.Trouble(1));
        Assert.False(writes.IsTrialDue(JournalWrites.TrialAfterMs));
        Assert.True(writes.IsTrialDue(1 + JournalWrites.TrialAfterMs));
    }

    [Fact]
    public void No_trial_is_due_while_entities_write()
    {
        for (var now = 0L; now < 100_000; now += 1000)
        {
            writes.Began(now);
            writes.Succeeded(now + 1);
            Assert.False(writes.IsTrialDue(now + 1000));
            Assert.Null(writes.Trouble(now + 1000));
        }
    }

    [Fact]
    public void A_trial_that_does_not_succeed_is_waited_for_and_then_it_is_trouble()
    {
        writes.TrialSucceeded(0);
        writes.TrialFailed("locked");
        Assert.Null(writes.Trouble(JournalWrites.PatienceMs - 1));
        Assert.Contains("locked", writes.Trouble(JournalWrites.PatienceMs), StringComparison.Ordinal);
        writes.TrialSucceeded(JournalWrites.PatienceMs + 1);
        Assert.Null(writes.Trouble(JournalWrites.PatienceMs + 1));
    }

    [Fact]
    public void A_slow_write_is_no_trouble_while_others_succeed()
    {
        writes.Began(0);
        for (var now = 1L; now < 60_000; now += 1000)
        {
            writes.Began(now);
            writes.Succeeded(now + 500);
            Assert.Null(writes.Trouble(now + 1000));
        }
    }

    [Fact]
    public void Writes_of_entities_that_hang_are_trouble_whatever_a_trial_says()
    {
        writes.Began(0);
        writes.TrialSucceeded(JournalWrites.PatienceMs - 1);
        Assert.Null(writes.Trouble(JournalWrites.PatienceMs - 1));
        Assert.Contains("under way", writes.Trouble(JournalWrites.PatienceMs), StringComparison.Ordinal);
        writes.Abandoned();
        Assert.Null(writes.Trouble(JournalWrites.PatienceMs));
    }

    [Fact]
    public void A_failure_without_a_success_since_is_trouble_for_a_while_and_a_success_ends_it()
    {
        writes.Began(0);
        writes.Failed(new InvalidOperationException("no space left on device"), 1);
        writes.TrialSucceeded(2);
        Assert.Contains("no space left", writes.Trouble(2), StringComparison.Ordinal);
        writes.Began(3);
        writes.Succeeded(4);
        Assert.Null(writes.Trouble(4));
        writes.Began(5);
        writes.Failed(new InvalidOperationException("no space left on device"), 6);
        writes.TrialSucceeded(JournalWrites.PatienceMs);
        Assert.NotNull(writes.Trouble(JournalWrites.PatienceMs + 5));
        Assert.Null(writes.Trouble(JournalWrites.PatienceMs + 6));
    }

    [Fact]
    public void A_row_that_is_there_already_is_another_owner_s_and_no_trouble()
    {
        writes.TrialSucceeded(0);
        foreach (var collision in (Exception[])[new SqliteException("constraint", 19), new AggregateException(new PostgresException("duplicate key", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation))])
        {
            writes.Began(1);
            writes.Failed(collision, 2);
            Assert.Null(writes.Trouble(2));
        }
    }
}
