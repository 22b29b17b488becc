using System.Data.Common;
using System.Diagnostics;
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

    public async IAsyncEnumerable<IReadOnlyList<LockEvent>> WatchAsync(WatchLocksRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Interlocked.Increment(ref count) > Limits.LockWatchersPerNode)
        {
            Interlocked.Decrement(ref count);
            throw new RefusedException(Refusals.Of(ErrorCode.LimitExceeded, $"{Limits.LockWatchersPerNode} watches of locks go through this node already"));
        }
        try
        {
            var scope = request.HasName ? JournalScope.Of(EntityId.Lock(request.Name)) : JournalScope.With(EntityId.LockKind, request.Prefix);
            var position = await ReadAsync(connection => BeginAsync(connection, request.From, ct), null, ct);
            var told = Stopwatch.GetTimestamp();
            yield return [LockEvents.Heartbeat(position, database.IsPostgres)];
            while (true)
            {
                var (page, events) = await ReadAsync(connection => PageAsync(connection, position, scope, ct), position, ct);
                if (new WatchPosition(page.UpTo) > position) position = new WatchPosition(page.UpTo);
                if (events.Count == 0 && Stopwatch.GetElapsedTime(told) >= HeartbeatAfter) events.Add(LockEvents.Heartbeat(position, database.IsPostgres));
                if (events.Count > 0)
                {
                    told = Stopwatch.GetTimestamp();
                    yield return events;
                }
                if (!page.More) await RestAsync(position, ct);
            }
        }
        finally
        {
            Interlocked.Decrement(ref count);
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

    private async Task<(JournalPage Page, List<LockEvent> Events)> PageAsync(DbConnection connection, WatchPosition position, JournalScope scope, CancellationToken ct)
    {
        var page = await reader.ReadAsync(connection, position.ReadAfter, scope, ct);
        if (page.WentBack) throw refused.WentBack(page.Floor);
        if (new WatchPosition(page.Floor) > position) throw refused.Compacted(page.Floor);
        return (page, [.. page.Rows.SelectMany(row => LockEvents.Of(row, database.IsPostgres)).Where(e => e.Position > position).Select(e => e.Event)]);
    }

    private async Task RestAsync(WatchPosition position, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        try
        {
            await Task.Delay(Every, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw refused.ResumableFrom(position, WatchRefusals.Leaving());
        }
    }

    private async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, WatchPosition? at, CancellationToken ct)
    {
        try
        {
            await using var connection = await database.OpenKeysAsync(ct);
            return await read(connection);
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            throw at is { } position ? refused.ResumableFrom(position, WatchRefusals.Unreadable(e)) : new RefusedException(WatchRefusals.Unreadable(e));
        }
        catch (RefusedException e) when (at is { } position)
        {
            throw refused.ResumableFrom(position, e.Failure);
        }
    }
}
