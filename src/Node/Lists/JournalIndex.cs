using System.Data;
using System.Data.Common;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// Names in their order, as of a position in the journal: the mark. Each batch is one transaction that moves the mark from where it was read: so any node can bring the index forward at
/// any time, and what two do at once counts once.
/// </summary>
/// <param name="database">Where it is.</param>
/// <param name="scope">The rows that it is made of.</param>
/// <param name="mark">The name of its mark.</param>
internal abstract class JournalIndex(Database database, JournalScope scope, string mark)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim one = new(1);

    protected Database Database { get; } = database;

    protected JournalReader Reader { get; } = new(database);

    /// <summary>How far it came.</summary>
    public enum CaughtUp
    {
        /// <summary>To all that was committed at the call.</summary>
        Yes,

        /// <summary>Not in time.</summary>
        Late,

        /// <summary>It has not been made yet, or has to be made again.</summary>
        NotMade,
    }

    /// <summary>Reads the journal up to this position (null: to the end that it has now), or as far as that can be read now.</summary>
    /// <returns>Up to where it has come; null: it has not been made yet, or has to be made again.</returns>
    public async Task<JournalPosition?> AdvanceAsync(JournalPosition? until, CancellationToken ct)
    {
        // One at a time in this process: who has waited finds it done.
        await one.WaitAsync(ct);
        try
        {
            await using var connection = await Database.OpenKeysAsync(ct);
            var swept = until is null;
            until ??= await Reader.HighestAsync(connection, ct);
            while (true)
            {
                if (await Marks.ReadAsync(connection, null, mark, ct) is not { } from) return null;
                if (swept) Behind(until.Value, from);
                swept = false;
                if (from >= until) return from;
                var page = await Reader.ReadAsync(connection, from, scope, ct);
                Seen(page);
                if (page.Floor > from)
                {
                    // Rows that it has not read may be gone: unless another has brought it forward meanwhile, it has to be made again, from the entities themselves.
                    await DropAsync(connection, from, ct);
                    continue;
                }
                if (page.UpTo == from) return from;
                if (await WriteAsync(connection, await BatchAsync(connection, page, ct), from, page.UpTo, ct) && !page.More) return page.UpTo;
            }
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Brings it to what was committed at the call. Whatever it waits for, a database that stands still or another who is at it, it waits with the same patience.</summary>
    public async Task<CaughtUp> CatchUpAsync(CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            JournalPosition target;
            await using (var connection = await Database.OpenKeysAsync(patience.Token)) target = await Reader.HighestAsync(connection, patience.Token);
            while (true)
            {
                if (await AdvanceAsync(target, patience.Token) is not { } indexed) return CaughtUp.NotMade;
                if (indexed >= target) return CaughtUp.Yes;
                await Task.Delay(AgainAfter, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return CaughtUp.Late;
        }
    }

    /// <summary>What a page of the journal changes; it is carried out in a transaction.</summary>
    protected abstract Task<Func<DbConnection, DbTransaction, Task>> BatchAsync(DbConnection connection, JournalPage page, CancellationToken ct);

    /// <summary>Told once in each call that goes to the end: where that is, and where the index was.</summary>
    protected virtual void Behind(JournalPosition end, JournalPosition indexed)
    {
    }

    /// <summary>Told of each page that was read.</summary>
    protected virtual void Seen(JournalPage page)
    {
    }

    private async Task<bool> WriteAsync(DbConnection connection, Func<DbConnection, DbTransaction, Task> write, JournalPosition from, JournalPosition to, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        // First: whoever else is at it waits here, and then finds that it is done.
        if (!await Marks.MoveAsync(connection, transaction, mark, from, to, ct)) return false;
        await write(connection, transaction);
        await transaction.CommitAsync(ct);
        return true;
    }

    private async Task DropAsync(DbConnection connection, JournalPosition from, CancellationToken ct)
    {
        await using var drop = connection.Command(
            null, "DELETE FROM journal_mark WHERE name = @name AND xid = @xid AND ordering = @ordering", [("@name", mark), ("@xid", from.TransactionId), ("@ordering", from.Ordering)]);
        await drop.ExecuteNonQueryAsync(ct);
    }
}
