using System.Data;
using System.Data.Common;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>What rows of the journal change in an index.</summary>
internal interface IIndexChanges
{
    /// <summary>Rows come in order.</summary>
    Task AddAsync(DbConnection connection, JournalRow row, CancellationToken ct);

    Task WriteAsync(DbConnection connection, DbTransaction transaction, CancellationToken ct);
}

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

    /// <summary>Between two pages, where nobody waits: a page takes a processor from the calls of this moment for some 10 ms.</summary>
    private static readonly TimeSpan GiveWayFor = TimeSpan.FromMilliseconds(15);

    /// <summary>Of large rows, few are one transaction: their values are in memory until it is written.</summary>
    private const long BytesAtOnce = 16 << 20;

    /// <summary>With more rows than this to go, it does not give way: it would never get there.</summary>
    private const int FarBehind = 20_000;

    // What so many rows change is one transaction: a name that is written often is put once for all of them. No more, so that what was gone through is not lost with one that fails, or whose caller has no more patience.
    // SQLite has one writer, and what entities write waits for it meanwhile.
    private readonly long rowsAtOnce = database.IsPostgres ? 16_384 : 2_048;
    private readonly SemaphoreSlim one = new(1);
    private int waiting;

    protected Database Database { get; } = database;

    protected JournalReader Reader { get; } = new(database, rowsAtMost: database.IsPostgres ? 1_024 : 512);

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
            return await ForwardAsync(until, ct);
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
        Interlocked.Increment(ref waiting);
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
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>What rows of the journal change, none yet.</summary>
    protected abstract IIndexChanges NoChanges();

    /// <summary>Told once in each call that goes to the end: where that is, and where the index was.</summary>
    protected virtual void Behind(JournalPosition end, JournalPosition indexed)
    {
    }

    /// <summary>Told of each page that was read.</summary>
    protected virtual void Seen(JournalPage page)
    {
    }

    private async Task<JournalPosition?> ForwardAsync(JournalPosition? until, CancellationToken ct)
    {
        await using var connection = await Database.OpenKeysAsync(ct);
        var swept = until is null;
        var end = until ?? await Reader.HighestAsync(connection, ct);
        for (var givesWay = false; ; )
        {
            if (await Marks.ReadAsync(connection, null, mark, ct) is not { } from) return null;
            if (swept)
            {
                Behind(end, from);
                givesWay = end.Ordering - from.Ordering <= FarBehind;
                swept = false;
            }
            if (from >= end) return from;
            var (changes, upTo, more, lost) = await ReadAsync(connection, from, end, givesWay, ct);
            // Unless another has brought it forward meanwhile, it has to be made again, from the entities themselves.
            if (lost) await DropAsync(connection, from, ct);
            else if (upTo == from) return from;
            else if (await WriteAsync(connection, changes, from, upTo, ct) && !more) return upTo;
            if (givesWay) await GiveWayAsync(ct);
        }
    }

    /// <summary>Not where somebody waits for a list.</summary>
    private Task GiveWayAsync(CancellationToken ct) => Volatile.Read(ref waiting) > 0 ? Task.CompletedTask : Task.Delay(GiveWayFor, ct);

    /// <summary>Page after page until the end, or as many as go into one transaction.</summary>
    /// <returns>What they change; how far they go; whether there are more; and whether none could be read, since rows may be gone.</returns>
    private async Task<(IIndexChanges Changes, JournalPosition UpTo, bool More, bool Lost)> ReadAsync(
        DbConnection connection, JournalPosition from, JournalPosition end, bool givesWay, CancellationToken ct)
    {
        var (changes, upTo, bytes) = (NoChanges(), from, 0L);
        while (true)
        {
            var page = await Reader.ReadAsync(connection, upTo, scope, ct);
            Seen(page);
            // Rows that it has not read may be gone. What came before them was all there when it was read.
            if (page.Floor > upTo) return (changes, upTo, More: true, Lost: upTo == from);
            foreach (var row in page.Rows)
            {
                await changes.AddAsync(connection, row, ct);
                bytes += row.Bytes;
            }
            upTo = page.UpTo;
            if (!page.More || upTo >= end || upTo.Ordering - from.Ordering >= rowsAtOnce || bytes >= BytesAtOnce) return (changes, upTo, page.More, Lost: false);
            if (givesWay) await GiveWayAsync(ct);
        }
    }

    private async Task<bool> WriteAsync(DbConnection connection, IIndexChanges changes, JournalPosition from, JournalPosition to, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Unspecified, ct);
        // First: whoever else is at it waits here, and then finds that it is done.
        if (!await Marks.MoveAsync(connection, transaction, mark, from, to, ct)) return false;
        await changes.WriteAsync(connection, transaction, ct);
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
