using System.Data.Common;
using System.Net.Sockets;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Storage;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Watches;

/// <summary>Begins watches: from now on, or from a position of before.</summary>
internal sealed class KeyWatches : IKeyWatches
{
    /// <summary>So many read the journal's past at the same time.</summary>
    private const int CatchingUpAtOnce = 2;

    private readonly Database database;
    private readonly SemaphoreSlim catchingUp = new(CatchingUpAtOnce);

    public KeyWatches(Database database, WatchHub hub, JournalTail tail, IHostApplicationLifetime lifetime)
    {
        this.database = database;
        (Hub, Tail, Reader) = (hub, tail, new JournalReader(database));
        lifetime.ApplicationStopping.Register(() =>
            hub.EndAll(Refusals.Of(ErrorCode.Unavailable, "this node is leaving; go on elsewhere, from details.position"), forGood: true));
    }

    public bool IsPostgres => database.IsPostgres;

    public WatchHub Hub { get; }

    public JournalTail Tail { get; }

    public JournalReader Reader { get; }

    public async Task<IKeyWatch> OpenAsync(WatchRequest request, CancellationToken ct)
    {
        var watched = request.HasKey ? new WatchedKeys(request.Key, Exact: true) : new WatchedKeys(request.Prefix, Exact: false);
        var stream = new KeyWatch(this, watched);
        if (request.From.Length == 0)
        {
            await stream.JoinNowAsync(ct);
            return stream;
        }
        if (!WatchPosition.TryParse(request.From, IsPostgres, out var from)) throw new RefusedException(Refusals.Invalid("from", $"'{Refusals.Quote(request.From)}' is no position that a watch gives"));
        if (await stream.TryJoinAsync(from.Value, ct)) return stream;
        await ReadPastAsync(async connection =>
        {
            if (from.Value.Row > await Reader.HorizonAsync(connection, ct))
                throw new RefusedException(Refusals.Invalid("from", $"'{request.From}' lies in the future: no watch of this data has given it"));
            if (await Marks.ReadAsync(connection, null, Marks.Floor, ct) is { } floor && from.Value < new WatchPosition(floor)) throw Compacted(floor);
        }, ct);
        return stream;
    }

    /// <summary>Reads from the database, as one of few at a time.</summary>
    /// <exception cref="RefusedException">The database does not answer.</exception>
    public async Task ReadPastAsync(Func<DbConnection, Task> read, CancellationToken ct)
    {
        await catchingUp.WaitAsync(ct);
        try
        {
            await using var connection = await database.OpenKeysAsync(ct);
            await read(connection);
        }
        catch (Exception e) when (e is DbException or SocketException or TimeoutException or IOException)
        {
            throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"the journal can't be read: {e.Message}"));
        }
        finally
        {
            catchingUp.Release();
        }
    }

    /// <summary>For one who asks for what is not kept any more.</summary>
    public RefusedException Compacted(JournalPosition floor)
    {
        var oldest = new WatchPosition(floor).Text(IsPostgres);
        var failure = Refusals.Of(ErrorCode.Compacted, $"changes up to {oldest} are not kept any more, and some after this position may be among them: list the keys, and watch from now on");
        failure.Details = new Struct { Fields = { ["oldest"] = Value.ForString(oldest) } };
        return new RefusedException(failure);
    }
}
