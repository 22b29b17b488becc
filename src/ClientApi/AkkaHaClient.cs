using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Eventual;
using AkkaHa.ClientApi.Locks;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.ClientApi.Watches;

namespace AkkaHa.ClientApi;

/// <summary>
/// A client of an AkkaHa cluster. Make one per process and share it: it is safe for concurrent use, holds one connection per node
/// and, from the first lock on, one session that all its locks hang on.
/// </summary>
/// <remarks>
/// Every change carries an id and is repeated under it until it is answered, so it happens at most once, and exactly once when the
/// call returns. Calls go to the node that owns the data; when that can't be reached, to the others.
/// </remarks>
public sealed class AkkaHaClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly EndpointPool _endpoints;
    private readonly ServerClock _clock;
    private readonly OwnerRing _ring;
    private readonly SessionSource _sessions;
    private readonly Lazy<Task> _close;

    private AkkaHaClient(AkkaHaClientOptions options)
    {
        Time = options.TimeProvider;
        _clock = new ServerClock(options.TimeProvider);
        _endpoints = new EndpointPool(options);
        _ring = new OwnerRing(_endpoints, _clock, options, _closing.Token);
        var calls = new CallRepeater(_endpoints, _ring, _clock, options, _closing.Token);
        var ids = new RequestIds(_clock, _ring);
        _sessions = new SessionSource(calls, ids, options);
        Sessions = new SessionClient(calls, ids, _sessions);
        var watches = new WatchSource(_endpoints, _ring, options, _closing.Token);
        var returns = new LockReturns(calls, ids, options, _closing.Token);
        var upgrades = new LockUpgrades(calls, ids, returns, options.TimeProvider);
        Locks = new LockClient(calls, ids, new LockTaking(calls, ids, _sessions, returns, upgrades, options), returns, watches);
        Keys = new KeyClient(calls, ids, _sessions, watches);
        Transactions = new TransactionClient(calls, Keys, ids, _sessions, options);
        Elections = new ElectionClient(Locks, Keys, Transactions, options);
        Coordination = new CoordinationClient(this);
        Cluster = new ClusterClient(calls);
        Backups = new BackupClient(calls, _endpoints, options, _closing.Token);
        Eventual = new EventualClient(new EventualCalls(calls, ids, _endpoints, _ring, options, _closing.Token));
        _close = new Lazy<Task>(CloseAsync);
    }

    /// <summary>This machine's clock.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Locks with fences.</summary>
    public LockClient Locks { get; }

    /// <summary>Linearizable keys.</summary>
    public KeyClient Keys { get; }

    /// <summary>Strictly serializable transactions over keys and locks.</summary>
    public TransactionClient Transactions { get; }

    /// <summary>Elections of leaders.</summary>
    public ElectionClient Elections { get; }

    /// <summary>Barriers, latches and counters.</summary>
    public CoordinationClient Coordination { get; }

    /// <summary>The client's own session, and a look at those of others.</summary>
    public SessionClient Sessions { get; }

    /// <summary>Who is in the cluster, and taking nodes out of it.</summary>
    public ClusterClient Cluster { get; }

    /// <summary>Backups of the whole cluster.</summary>
    public BackupClient Backups { get; }

    /// <summary>Counters, sets, registers, maps and flags that stay writable when everything else is down.</summary>
    public EventualClient Eventual { get; }

    /// <summary>Makes a client. Nothing is sent until the first call, so no node need be up yet.</summary>
    /// <param name="endpoints">One or more gRPC addresses, separated by commas: <c>http://a:5081,http://b:5081</c>.</param>
    /// <param name="options">Other settings; its own <see cref="AkkaHaClientOptions.Endpoints"/> is not used.</param>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names it.</exception>
    public static AkkaHaClient Connect(string endpoints, AkkaHaClientOptions? options = null) =>
        Connect((options ?? new AkkaHaClientOptions()) with { Endpoints = endpoints ?? throw new ArgumentNullException(nameof(endpoints)) });

    /// <summary>Makes a client. Nothing is sent until the first call, so no node need be up yet.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names it.</exception>
    public static AkkaHaClient Connect(AkkaHaClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (AkkaHaClientOptionsValidator.FirstWrong(options) is { } wrong) throw new ArgumentException(wrong.Message, wrong.Setting);
        return new AkkaHaClient(options with { });
    }

    /// <summary>
    /// Signals the loss of all locks that are still held, closes the session (which releases them; durable when this returns, unless
    /// no node answered within <see cref="AkkaHaClientOptions.CloseTimeout"/>: then it runs out by itself) and ends all calls. Does not throw.
    /// </summary>
    public ValueTask DisposeAsync() => new(_close.Value);

    /// <summary>The servers' clock. The very first waits (briefly) for the ring, whose answer also tells the time.</summary>
    internal async ValueTask<DateTimeOffset> ServerTimeAsync(CancellationToken cancel)
    {
        await _ring.CurrentAsync(cancel);
        // Whoever asks stores what it is told. Any answer of any node tells the time.
        if (!_clock.IsKnown) await Keys.GetAsync("-", cancel);
        return _clock.UtcNow;
    }

    private async Task CloseAsync()
    {
        await _sessions.CloseAsync();
        await _closing.CancelAsync();
        _endpoints.Dispose();
    }
}
