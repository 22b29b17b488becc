using System.Data.Common;
using System.Runtime.CompilerServices;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Watches;

/// <summary>
/// Watches of locks. They are for those who look after a cluster, few at a time; so each reads the journal by itself, five times a second, and shares nothing with the watches of keys, which are many.
/// </summary>
internal sealed class LockWatches(Database database, IHostApplicationLifetime lifetime) : ILockWatches
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HeartbeatAfter = TimeSpan.FromSeconds(2);

    private readonly JournalReader reader = new(database);
    private readonly WatchRefusals refused = new("locks", database.IsPostgres);
    private int count;

    public async IAsyncEnumerable<IReadOnlyList<LockEvent>> WatchAsync(WatchLocksRequest request, TaskCompletionSource cutOff, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Interlocked.Increment(ref count) > Limits.LockWatchersPerNode)
        {
            Interlocked.Decrement(ref count);
            throw new RefusedException(Refusals.Of(ErrorCode.LimitExceeded, $"{Limits.LockWatchersPerNode} watches of locks go through this node already"));
        }
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var waiting = new WaitingLockEvents(cutOff);
        var pump = Task.CompletedTask;
        try
        {
            var position = await ReadAsync(connection => BeginAsync(connection, request.From, ct), ct);
            var taken = position;
            yield return [LockEvents.Heartbeat(position, database.IsPostgres)];
            pump = PumpAsync(request, position, waiting, over.Token);
            while (true)
            {
                var events = await waiting.TakeAsync(e => refused.ResumableFrom(taken, e.Failure), ct);
                yield return [.. events.Select(e => e.Event)];
                // What was given before this one was asked for has been taken.
                taken = events[^1].Position;
            }
        }
        finally
        {
            await over.CancelAsync();
            await pump;
            Interlocked.Decrement(ref count);
        }
    }

    /// <summary>
    /// Reads on until it is over. From an old position it goes at the client's pace; once it has come to the journal's end it does not wait for it any more, and a client that falls behind is cut off.
    /// </summary>
    private async Task PumpAsync(WatchLocksRequest request, WatchPosition position, WaitingLockEvents waiting, CancellationToken ct)
    {
        try
        {
            var scope = request.HasName ? JournalScope.Of(EntityId.Lock(request.Name)) : JournalScope.With(EntityId.LockKind, request.Prefix);
            for (var live = false; ;)
            {
                var (page, events) = await ReadAsync(connection => PageAsync(connection, position, scope, ct), ct);
                if (new WatchPosition(page.UpTo) > position) position = new WatchPosition(page.UpTo);
                foreach (var one in events)
                {
                    if (live && !waiting.TryAdd(one)) return;
                    if (!live) await waiting.AddAsync(one, ct);
                }
                if (events.Count == 0) waiting.SayWhere(position, LockEvents.Heartbeat(position, database.IsPostgres), HeartbeatAfter);
                live |= !page.More;
                if (!page.More) await RestAsync(ct);
            }
        }
        catch (Exception e)
        {
            // Also that nobody listens any more: whoever takes next, if anybody does, is told.
            waiting.End(e);
        }
    }

    private async Task<WatchPosition> BeginAsync(DbConnection connection, string from, CancellationToken ct)
    {
        var horizon = await reader.HorizonAsync(connection, ct);
        if (from.Length == 0) return new WatchPosition(horizon);
        var position = refused.Parse(from);
        if (position.Row > horizon) throw WatchRefusals.InTheFuture(from);
        if (await Marks.ReadAsync(connection, null, Marks.Floor, ct) is { } floor && position < new WatchPosition(floor)) throw refused.Compacted(floor);
        return position;
    }

    private async Task<(JournalPage Page, List<(WatchPosition Position, LockEvent Event)> Events)> PageAsync(DbConnection connection, WatchPosition position, JournalScope scope, CancellationToken ct)
    {
        var page = await reader.ReadAsync(connection, position.ReadAfter, scope, ct);
        if (page.WentBack) throw refused.WentBack(page.Floor);
        if (new WatchPosition(page.Floor) > position) throw refused.Compacted(page.Floor);
        return (page, [.. page.Rows.SelectMany(row => LockEvents.Of(row, database.IsPostgres)).Where(e => e.Position > position)]);
    }

    private async Task RestAsync(CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        try
        {
            await Task.Delay(Every, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new RefusedException(WatchRefusals.Leaving());
        }
    }

    private async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken ct)
    {
        try
        {
            await using var connection = await database.OpenKeysAsync(ct);
            return await read(connection);
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            throw new RefusedException(WatchRefusals.Unreadable(e));
        }
    }
}
