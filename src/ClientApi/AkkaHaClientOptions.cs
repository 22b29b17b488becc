using AkkaHa.Messages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaHa.ClientApi;

/// <summary>Settings of a client. They are checked and copied when the client is made; the first wrong one is named.</summary>
public sealed record AkkaHaClientOptions
{
    /// <summary>
    /// Where to begin: one or more gRPC addresses (<c>http://host:5081</c>), separated by commas. Any node will do; the client
    /// learns of the others. No default.
    /// </summary>
    public string Endpoints { get; set; } = "";

    /// <summary>
    /// How long the client's locks outlive it when it falls silent: its session's time to live.
    /// 2 s to 3,600 s; default 10 s. Shorter frees the locks of a dead client sooner, longer survives longer outages.
    /// </summary>
    public TimeSpan SessionTtl { get; set; } = TimeSpan.FromSeconds(Limits.SessionTtlDefaultSeconds);

    /// <summary>
    /// How long one session is kept alive in all, however well its client does: a worker that hangs while its process lives loses its locks in the end. They are lost (with the usual
    /// signal before) between a third of the time to live before this and this; the next lock makes another session. <see cref="SessionTtl"/> to 365 days; default: for ever.
    /// </summary>
    public TimeSpan? SessionMaxLifetime { get; set; }

    /// <summary>Who this is, as others see it beside a lock. Up to 128 UTF-8 bytes; default: nothing.</summary>
    public string Label { get; set; } = "";

    /// <summary>How long connecting to a node may take before another is tried. 50 ms to 30 s; default 300 ms.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long one attempt may stay without an answer before the next goes elsewhere, beyond any wait that was asked for. 100 ms to 60 s; default 3 s. For a lock 6 s at least: to hang up takes the request back.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a call is repeated in all before it throws <see cref="UnavailableException"/> or <see cref="OutcomeUnknownException"/>.
    /// 100 ms to 50 s, which is below the time that servers remember outcomes for repeats (60 s); default 30 s. A transaction is not given up before its deadline
    /// (<see cref="TransactionDeadline"/>) and 5 s more: until then the servers may say what became of it.
    /// </summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How old the client's picture of who owns what may grow before it is fetched again. A failed call fetches it at once. 1 s to 1 h; default 30 s.</summary>
    public TimeSpan RingRefresh { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long disposing the client may take to close its session; if that fails, the session runs out by itself. 0 to 60 s; default 3 s.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the servers may take to decide a transaction; undecided by then, it is aborted. 100 ms to 60 s; default 10 s.</summary>
    public TimeSpan TransactionDeadline { get; set; } = TimeSpan.FromSeconds(Limits.TransactionDeadlineDefaultSeconds);

    /// <summary>How often <see cref="TransactionClient.RunAsync(Func{Transaction, Task}, CancellationToken)"/> runs its body in all before it gives up to conflicts. 1 to 1,000; default 20.</summary>
    public int TransactionTries { get; set; } = 20;

    /// <summary>
    /// Whether the calls that are made most (keys, one lock, keepalives, transactions) go to a node over one stream, which spares most of what each costs by itself. Default: true.
    /// Without it each is a call of its own for all that is between, as a proxy that balances calls.
    /// </summary>
    public bool Pipelining { get; set; } = true;

    /// <summary>Last touches to the HTTP handler of every connection, for example client certificates. Default: none.</summary>
    public Action<SocketsHttpHandler>? ConfigureHttp { get; set; }

    /// <summary>The clock. Default: the system's. Its monotonic time must not stop: a suspended machine learns too late that it lost its locks.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the client logs. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;
}
