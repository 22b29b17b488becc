using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Storage;

/// <summary>
/// Writes next to nothing where the journal is, to find out whether that can be done: this node's own row of <c>journal_mark</c>, by a connection of the entities' own. One at a time; one that hangs
/// is waited for by nobody.
/// </summary>
internal sealed class JournalTrial(Database database, string address, JournalWrites writes)
{
    private const string Sql = "INSERT INTO journal_mark (name, xid, ordering) VALUES (@name, 0, 1) ON CONFLICT (name) DO UPDATE SET ordering = journal_mark.ordering + 1";

    private Task last = Task.CompletedTask;

    /// <summary>Begins one, unless the last has not ended. For one caller at a time.</summary>
    /// <returns>Done when it has ended; it does not fail.</returns>
    public Task Begin()
    {
        // SQLite waits for a lock on the thread that asks for it.
        if (last.IsCompleted) last = Task.Run(RunAsync);
        return last;
    }

    private async Task RunAsync()
    {
        try
        {
            await using var connection = await database.OpenJournalAsync(CancellationToken.None);
            await using var command = connection.Command(null, Sql, [("@name", Marks.TrialOf(address))]);
            await command.ExecuteNonQueryAsync();
            writes.TrialSucceeded(MonotonicClock.NowMs);
        }
        catch (Exception e)
        {
            // Whatever it is, the journal was not written; who asks hears why.
            writes.TrialFailed(e.Message);
        }
    }
}
