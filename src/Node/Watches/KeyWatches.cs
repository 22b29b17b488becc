using System.Data.Common;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Watches;

/// <summary>Begins watches: from now on, or from a position of before.</summary>
internal sealed class KeyWatches : IKeyWatches
{
    /// <summary>So many read the journal's past at the same time.</summary>
    private const int ReadingAtOnce = 2;

    /// <summary>What each of those that catch up may have in memory, while its client is slow to take it.</summary>
    private const int PageBytes = 1024 * 1024;

    private readonly Database database;
    private readonly SemaphoreSlim reading = new(ReadingAtOnce);
    private int catchingUp;

    public KeyWatches(Database database, WatchHub hub, JournalTail tail, IHostApplicationLifetime lifetime, JournalReader? reader = null)
    {
        this.database = database;
        (Hub, Tail, Reader) = (hub, tail, reader ?? new JournalReader(database, pageBytes: PageBytes));
        Refused = new WatchRefusals("keys", database.IsPostgres);
        lifetime.ApplicationStopping.Register(() => hub.EndAll(WatchRefusals.Leaving(), forGood: true));
    }

    public bool IsPostgres => database.IsPostgres;

    public WatchRefusals Refused { get; }

    public WatchHub Hub { get; }

    public JournalTail Tail { get; }

    public JournalReader Reader { get; }

    /// <summary>One that reads the past, and finds nothing for its client, says how far it has come after so long.</summary>
    public TimeSpan HeartbeatAfter { get; init; } = TimeSpan.FromSeconds(2);

    public async Task<IKeyWatch> OpenAsync(WatchRequest request, CancellationToken ct)
    {
        var watched = request.HasKey ? new WatchedKeys(request.Key, Exact: true) : new WatchedKeys(request.Prefix, Exact: false);
        var stream = new KeyWatch(this, watched);
        if (request.From.Length == 0)
        {
            await stream.JoinNowAsync(ct);
            return stream;
        }
        var from = Refused.Parse(request.From);
        if (await stream.TryJoinAsync(from, ct)) return stream;
        try
        {
            await ReadPastAsync(async connection =>
            {
                if (from.Row > await Reader.HorizonAsync(connection, ct)) throw WatchRefusals.InTheFuture(request.From);
                if (await Marks.ReadAsync(connection, null, Marks.Floor, ct) is { } floor && from < new WatchPosition(floor)) throw Refused.Compacted(floor);
            }, ct);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Takes one more that reads the past by itself, until <see cref="EndCatchUp"/>.</summary>
    /// <exception cref="RefusedException">There are as many as the limit.</exception>
    public void BeginCatchUp()
    {
        if (Interlocked.Increment(ref catchingUp) > Limits.WatchesCatchingUp)
        {
            Interlocked.Decrement(ref catchingUp);
            throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"{Limits.WatchesCatchingUp} watches of this node read the journal's past already, which is the limit; try again, or at another node"));
        }
        NodeMeter.CatchUps(1);
    }

    public void EndCatchUp()
    {
        Interlocked.Decrement(ref catchingUp);
        NodeMeter.CatchUps(-1);
    }

    /// <summary>Reads from the database, as one of few at a time.</summary>
    /// <exception cref="RefusedException">The database does not answer.</exception>
    public async Task ReadPastAsync(Func<DbConnection, Task> read, CancellationToken ct)
    {
        await reading.WaitAsync(ct);
        try
        {
            await using var connection = await database.OpenKeysAsync(ct);
            await read(connection);
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            throw new RefusedException(WatchRefusals.Unreadable(e));
        }
        finally
        {
            reading.Release();
        }
    }
}
