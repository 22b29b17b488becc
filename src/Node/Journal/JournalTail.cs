using System.Data.Common;
using System.Diagnostics;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Watches;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Journal;

/// <summary>
/// The one reader of the journal's end in this process: reads while somebody watches, and gives the hub what it finds. It depends on no shard and no lease: what is in the journal is so, whoever reads it.
/// Where the database does not answer it goes on trying; after <see cref="Patience"/>, the watches end, so that their clients can look elsewhere.
/// </summary>
internal sealed class JournalTail(Database database, WatchHub hub, NodeSettings settings, ILogger<JournalTail> log, JournalReader? reader = null, int recentRows = 5000) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AtLeast = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan AtLeastOfNone = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan AtLeastOfMany = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan BetweenPages = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    /// <summary>How often it looks again soon after a write of this node's that it has not found: on PostgreSQL, transactions that began earlier may still be running.</summary>
    private const int SoonAgain = 4;

    /// <summary>Changes that one look gave, each counted once for each who watches it.</summary>
    private const int Many = 300;

    private const long RecentBytes = 8 * 1024 * 1024;

    private readonly JournalReader reader = reader ?? new JournalReader(database, planOnce: true);
    private readonly SemaphoreSlim needed = new(0);
    private readonly Lock gate = new();
    private TaskCompletionSource round = NewRound();
    private KeyWrites writes = new();
    private KeySequence sequence = new();
    private JournalPosition? position;

    /// <summary>What can't be read any more ends here.</summary>
    private JournalPosition unreadable = JournalPosition.Start;

    private bool roundWanted;
    private bool found;
    private int given;
    private int soon;

    /// <summary>Done when the tail has come to the journal's end in a look that began after this call.</summary>
    public Task RoundAsync(CancellationToken ct)
    {
        lock (gate)
        {
            roundWanted = true;
            if (needed.CurrentCount == 0) needed.Release();
            return round.Task.WaitAsync(ct);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await needed.WaitAsync(stoppingToken);
                await FollowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
        }
        // Who waits, or comes yet, need not wait for what does not come any more.
        lock (gate) Fail(round, new TimeoutException("this node is leaving"));
    }

    /// <summary>Until nobody needs it.</summary>
    private async Task FollowAsync(CancellationToken ct)
    {
        var connection = (DbConnection?)null;
        var failingSince = (long?)null;
        var lastTick = Stopwatch.GetTimestamp();
        try
        {
            for (var neededAt = Stopwatch.GetTimestamp(); ; )
            {
                database.Signal.IsWanted = hub.HasWatchers;
                if (hub.HasWatchers || roundWanted) neededAt = Stopwatch.GetTimestamp();
                else if (Stopwatch.GetElapsedTime(neededAt) > Linger && hub.TrySuspend()) break;
                try
                {
                    connection ??= await reader.OpenAsync(ct);
                    await LookAsync(connection, ct);
                    failingSince = null;
                    if (Stopwatch.GetElapsedTime(lastTick) >= TickEvery)
                    {
                        lastTick = Stopwatch.GetTimestamp();
                        hub.Tick();
                    }
                    await RestAsync(ct);
                }
                catch (Exception e) when (DatabaseFault.Is(e))
                {
                    if (connection is not null) await connection.DisposeAsync();
                    connection = null;
                    if (failingSince is null) log.LogWarning("The journal can't be read for watches: {Message}", e.Message);
                    failingSince ??= Stopwatch.GetTimestamp();
                    if (Stopwatch.GetElapsedTime(failingSince.Value) > Patience) GiveUp($"the database does not answer: {e.Message}");
                    await Task.Delay(TryAgainAfter, ct);
                }
                catch (Exception e) when (!ct.IsCancellationRequested)
                {
                    // Of rows that this version can't read, say. Who watches is told rather than given a stream with a hole.
                    log.LogError(e, "The journal can't be read for watches");
                    GiveUp("the journal can't be read here; the node's log says why");
                    await Task.Delay(TryAgainAfter, ct);
                }
            }
        }
        finally
        {
            position = null;
            database.Signal.IsWanted = false;
            if (connection is not null) await connection.DisposeAsync();
        }
    }

    private async Task LookAsync(DbConnection connection, CancellationToken ct)
    {
        var asked = (TaskCompletionSource?)null;
        lock (gate)
        {
            if (roundWanted) (asked, round, roundWanted) = (round, NewRound(), false);
        }
        (found, given) = (false, 0);
        try
        {
            database.Signal.Reset();
            if (position is null)
            {
                // What was read before is read again, and belongs to whoever goes on from before.
                (writes, sequence) = (new KeyWrites(), new KeySequence());
                // A little before the end: watches that come from another node, many at once, go on from there without a query of their own.
                var recent = await reader.RecentAsync(connection, recentRows, RecentBytes, ct);
                if (await Marks.ReadAsync(connection, null, Marks.Floor, ct) is { } floor && floor > recent) recent = floor;
                position = unreadable > recent ? unreadable : recent;
                hub.Begin(position.Value);
            }
            // After a stall there is much at once, and those who take it quickly enough must not be taken for slow.
            while (await PageAsync(connection, ct)) await Task.Delay(BetweenPages, ct);
            asked?.TrySetResult();
        }
        catch (Exception e)
        {
            if (asked is not null) Fail(asked, e as JournalLostException ?? new TimeoutException(e.Message));
            throw;
        }
    }

    private async Task<bool> PageAsync(DbConnection connection, CancellationToken ct)
    {
        var from = position!.Value;
        var page = await reader.ReadAsync(connection, from, JournalScope.Keys, ct);
        // This process stood still for so long that rows have gone which it had not read.
        if (page.Floor > from) throw Lost("changes that were not read yet are not kept any more", page.Floor);
        if (page.WentBack)
        {
            log.LogError("The journal ends before position {Position}, up to which it was read: an older copy was put in its place. Watches are ended; what was written since that copy is gone", from);
            unreadable = JournalPosition.Start;
            throw Lost("the journal has gone back to before what was seen: a backup was restored. List again, and watch from now on", page.Floor);
        }
        var items = new List<WatchItem>(page.Rows.Count);
        try
        {
            foreach (var row in page.Rows)
                if (sequence.IsNew(row)) await WatchItems.AddAsync(items, writes, connection, row, database.IsPostgres, ct);
        }
        catch (MissingPreparedException e)
        {
            // Only rows of an earlier version can be so, and each of them once: it is left behind.
            log.LogWarning("Watches are ended: {Message}", e.Message);
            unreadable = e.Row;
            throw Lost("a change that an earlier version wrote can't be told any more", e.Row);
        }
        catch
        {
            // The page comes again, and its rows are new still.
            sequence = new KeySequence();
            throw;
        }
        given += hub.Publish(items, page.UpTo);
        found |= page.Rows.Count > 0;
        position = page.UpTo;
        return page.More;
    }

    private async Task RestAsync(CancellationToken ct)
    {
        if (found) soon = 0;
        var lookedAt = Stopwatch.GetTimestamp();
        var hint = database.Signal.Next;
        var pause = soon > 0 ? TimeSpan.FromMilliseconds(5 * (SoonAgain + 1 - soon)) : TimeSpan.FromMilliseconds(settings.Watch.PollMs);
        if (soon > 0) soon--;
        using var rested = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var first = await Task.WhenAny(hint, needed.WaitAsync(rested.Token), Task.Delay(pause, rested.Token));
        await rested.CancelAsync();
        if (first != hint) return;
        soon = database.IsPostgres ? SoonAgain : 0;
        // Where each look wakes thousands, fewer looks that give more at once cost much less, and each is late by little.
        var since = Stopwatch.GetElapsedTime(lookedAt);
        // Nor need it look at once again where nobody watches what is written.
        var atLeast = given switch { 0 => AtLeastOfNone, < Many => AtLeast, _ => AtLeastOfMany };
        if (since < atLeast) await Task.Delay(atLeast - since, ct);
    }

    /// <summary>Ends the watches, which can't go on from where they are; the tail begins anew.</summary>
    private JournalLostException Lost(string why, JournalPosition oldest)
    {
        hub.EndAll(WatchRefusals.Compacted(new WatchPosition(oldest).Text(database.IsPostgres), why));
        position = null;
        return new JournalLostException(why);
    }

    private void GiveUp(string why)
    {
        position = null;
        hub.EndAll(Refusals.Of(ErrorCode.Unavailable, $"{why}; go on from details.position"));
        lock (gate)
        {
            Fail(round, new TimeoutException(why));
            (round, roundWanted) = (NewRound(), false);
        }
    }

    /// <summary>Whoever waits sees it; that nobody does any more is no reason for an alarm.</summary>
    private static void Fail(TaskCompletionSource round, Exception why)
    {
        round.TrySetException(why);
        _ = round.Task.Exception;
    }

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What the tail was to read next is not there any more. It begins anew; whoever reads the past by itself may still find all that it needs.</summary>
internal sealed class JournalLostException(string why) : TimeoutException(why);
