using System.Diagnostics;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Journal;

namespace AkkaHa.Node.Watches;

/// <summary>
/// One watch. From an old position it reads the journal by itself, a page at a time and as fast as its client takes them, until it has come to where the live stream is; there it joins,
/// at the position that it has come to: nothing is left out between the two, and nothing comes twice.
/// </summary>
internal sealed class KeyWatch(KeyWatches watches, WatchedKeys watched) : IKeyWatch
{
    private readonly Queue<WatchItem> read = new();
    private readonly Watcher watcher = new(watched);
    private WatchPosition position;
    private WatchPosition taken;
    private long takenAt = Stopwatch.GetTimestamp();
    private bool live;

    /// <summary>Only of one that reads by itself: of ten thousand that wait, each byte counts.</summary>
    private (JournalScope Scope, KeyWrites Writes)? past;

    /// <summary>Begins where the live stream is, once that has read all that was committed before this call.</summary>
    public async Task JoinNowAsync(CancellationToken ct)
    {
        WatchPosition at;
        do
        {
            await RoundAsync(ct);
            live = watches.Hub.TryJoin(watcher, null, out at);
        }
        while (!live && watcher.Ended is null);
        if (watcher.Ended is { } ended) throw new RefusedException(ended);
        From(at);
    }

    /// <summary>Begins after this position. True: on the live stream at once, as that was there a moment ago; false: the journal's past has to be read, if there still is one.</summary>
    public async Task<bool> TryJoinAsync(WatchPosition from, CancellationToken ct)
    {
        await RoundAsync(ct);
        live = watches.Hub.TryJoin(watcher, from, out _);
        if (watcher.Ended is { } ended) throw new RefusedException(ended);
        if (!live)
        {
            watches.BeginCatchUp();
            past = (JournalScope.Of(watched), new KeyWrites());
        }
        From(from);
        return live;
    }

    public Task CutOff => watcher.CutOff;

    public bool TryTake(out WatchItem? item)
    {
        if (!read.TryDequeue(out item) && !(live && watcher.TryTake(out item))) return false;
        (taken, takenAt) = (item!.Position, Stopwatch.GetTimestamp());
        return true;
    }

    public async ValueTask WaitAsync(CancellationToken ct)
    {
        while (read.Count == 0 && !live) await CatchUpAsync(ct);
        if (read.Count > 0) return;
        if (!await watcher.WaitAsync(ct)) throw Resumable(watcher.Ended!);
    }

    public void Dispose()
    {
        EndCatchUp();
        watches.Hub.Leave(watcher);
    }

    private void EndCatchUp()
    {
        if (past is null) return;
        past = null;
        watches.EndCatchUp();
    }

    private void From(WatchPosition at)
    {
        (position, taken) = (at, at);
        read.Enqueue(WatchItem.Heartbeat(at, watches.IsPostgres));
    }

    private async Task CatchUpAsync(CancellationToken ct)
    {
        try
        {
            await RoundAsync(ct);
            live = watches.Hub.TryJoin(watcher, position, out _);
            if (watcher.Ended is { } ended) throw new RefusedException(ended);
            if (live) EndCatchUp();
            else await watches.ReadPastAsync(connection => PageAsync(connection, ct), ct);
        }
        catch (RefusedException e)
        {
            throw Resumable(e.Failure);
        }
        // So that it need not go all the way again, should it break.
        if (read.Count == 0 && position > taken && Stopwatch.GetElapsedTime(takenAt) > watches.HeartbeatAfter) read.Enqueue(WatchItem.Heartbeat(position, watches.IsPostgres));
    }

    private async Task PageAsync(System.Data.Common.DbConnection connection, CancellationToken ct)
    {
        var (scope, writes) = past!.Value;
        var page = await watches.Reader.ReadAsync(connection, position.ReadAfter, scope, ct);
        if (page.WentBack) throw watches.Refused.WentBack(page.Floor);
        if (new WatchPosition(page.Floor) > position) throw watches.Refused.Compacted(page.Floor);
        var items = new List<WatchItem>();
        try
        {
            foreach (var row in page.Rows) await WatchItems.AddAsync(items, writes, connection, row, watches.IsPostgres, ct);
        }
        catch (MissingPreparedException e)
        {
            throw watches.Refused.Compacted(e.Row);
        }
        foreach (var item in items)
            if (item.Position > position) read.Enqueue(item);
        if (new WatchPosition(page.UpTo) > position) position = new WatchPosition(page.UpTo);
    }

    /// <summary>Until the live stream has come to the journal's end.</summary>
    private async Task RoundAsync(CancellationToken ct)
    {
        try
        {
            await watches.Tail.RoundAsync(ct);
        }
        catch (JournalLostException)
        {
            // That is about where the tail was. Whether this one can go on, its own reading says.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new RefusedException(WatchRefusals.Unreadable(e));
        }
    }

    /// <summary>All that was read has been taken, also where that was nothing: what had no change for this watch need not be read again.</summary>
    private RefusedException Resumable(Failure why) => watches.Refused.ResumableFrom(past is not null && read.Count == 0 ? position : taken, why);
}
