using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AkkaHa.ClientApi.Tests.Fakes;

/// <summary>A node on a port of its own that answers as a test scripts it, and remembers what it was sent.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Type, Func<object, ServerCallContext, Task<object>>> _scripts = new();
    private readonly ConcurrentQueue<IMessage> _seen = new();
    private readonly CancellationTokenSource _stopping = new();
    private Func<WatchRequest, IServerStreamWriter<WatchEvent>, ServerCallContext, Task>? _watch;
    private Func<IServerStreamWriter<EventualChange>, ServerCallContext, Task>? _watchEventual;
    private Func<WatchLocksRequest, IServerStreamWriter<Messages.V1.LockEvent>, ServerCallContext, Task>? _watchLocks;
    private readonly WebApplication _app;

    private int _pipelines;
    private int _pipelined;

    private FakeNode(int port, bool pipelines)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this).AddSingleton<FakeKeys>().AddSingleton<FakeLocks>().AddSingleton<FakeSessions>().AddSingleton<FakeTransactions>();
        _app = builder.Build();
        if (pipelines) _app.MapGrpcService<FakeCalls>();
        _app.MapGrpcService<FakeKeys>();
        _app.MapGrpcService<FakeLocks>();
        _app.MapGrpcService<FakeSessions>();
        _app.MapGrpcService<FakeTransactions>();
        _app.MapGrpcService<FakeEventual>();
        _app.MapGrpcService<FakeClusterService>();
    }

    public string Address { get; private set; } = "";

    /// <summary>What the node says its clock is; null: it does not say.</summary>
    public Func<DateTimeOffset>? Clock { get; set; }

    /// <summary>How new the node says its ring is; null: it does not say.</summary>
    public long? RingVersion { get; set; }

    /// <summary>Pipelines that clients have begun.</summary>
    public int Pipelines => Volatile.Read(ref _pipelines);

    /// <summary>Calls that have come over them.</summary>
    public int Pipelined => Volatile.Read(ref _pipelined);

    /// <summary>It knows pipelines, and no request in them.</summary>
    public bool KnowsNothing { get; set; }

    /// <summary>Nothing of a pipeline gets through, in either direction, and it stays open.</summary>
    public bool HoldPipelines { get; set; }

    /// <summary>Until then pipelines are not read any further.</summary>
    public Task ReadsFrom { get; set; } = Task.CompletedTask;

    /// <summary>Of each call that has come over a pipeline: when its batch was sent, and how long it had waited for that.</summary>
    public ConcurrentQueue<(long SentMs, uint WaitedMs)> SentAt { get; } = new();

    /// <summary>Ends each pipeline so with its next call, of which nothing is done.</summary>
    public StatusCode? EndPipelines { get; set; }

    /// <summary>Says so in each pipeline, with the next call.</summary>
    public bool IsLeaving { get; set; }

    /// <param name="port">0: any.</param>
    /// <param name="pipelines">False: it is of a version that knows none.</param>
    public static async Task<FakeNode> StartAsync(int port = 0, bool pipelines = true)
    {
        var node = new FakeNode(port, pipelines);
        await node._app.StartAsync();
        node.Address = node._app.Urls.Single();
        return node;
    }

    /// <summary>For one that goes and comes back: below the ports that the system gives to others meanwhile.</summary>
    public static async Task<FakeNode> StartAtPortOfItsOwnAsync()
    {
        while (true)
        {
            try
            {
                return await StartAsync(Random.Shared.Next(2_000, 10_000));
            }
            catch (IOException)
            {
                // Somebody has it.
            }
        }
    }

    public void PipelineBegan() => Interlocked.Increment(ref _pipelines);

    public void PipelinedCallCame() => Interlocked.Increment(ref _pipelined);

    public FakeNode On<TRequest, TResponse>(Func<TRequest, ServerCallContext, Task<TResponse>> script)
        where TRequest : class
        where TResponse : class
    {
        _scripts[typeof(TRequest)] = async (request, context) => await script((TRequest)request, context);
        return this;
    }

    public FakeNode On<TRequest, TResponse>(Func<TRequest, TResponse> script)
        where TRequest : class
        where TResponse : class => On<TRequest, TResponse>((request, _) => Task.FromResult(script(request)));

    /// <summary>Serves watches so. Without it, a watch is open and silent.</summary>
    public FakeNode OnWatch(Func<WatchRequest, IServerStreamWriter<WatchEvent>, ServerCallContext, Task> script)
    {
        _watch = script;
        return this;
    }

    /// <summary>Serves watches of locks so. Without it, one is open and silent.</summary>
    public FakeNode OnWatchLocks(Func<WatchLocksRequest, IServerStreamWriter<Messages.V1.LockEvent>, ServerCallContext, Task> script)
    {
        _watchLocks = script;
        return this;
    }

    /// <summary>Serves watches of eventual data so. Without it, one is open and silent.</summary>
    public FakeNode OnWatchEventual(Func<IServerStreamWriter<EventualChange>, ServerCallContext, Task> script)
    {
        _watchEventual = script;
        return this;
    }

    /// <summary>Refuses every such request.</summary>
    public FakeNode Refuse<TRequest>(ErrorCode code)
        where TRequest : class => On<TRequest, IMessage>((_, _) => throw Refusal.Of(code));

    /// <summary>Takes every such request and cuts the connection instead of answering.</summary>
    public FakeNode HangUpOn<TRequest>()
        where TRequest : class => On<TRequest, IMessage>((_, context) => throw HangUp(context));

    /// <summary>Cuts the connection under a call; throw the result.</summary>
    public static Exception HangUp(ServerCallContext context)
    {
        context.GetHttpContext().Abort();
        return new IOException("hung up");
    }

    /// <summary>Takes every such request and never answers.</summary>
    public FakeNode StallOn<TRequest>()
        where TRequest : class => On<TRequest, IMessage>(async (_, context) => await StallAsync(context));

    public async Task<IMessage> StallAsync(ServerCallContext context)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _stopping.Token);
        await Task.Delay(Timeout.Infinite, over.Token);
        throw new InvalidOperationException("unreachable");
    }

    public IReadOnlyList<TRequest> Seen<TRequest>() => [.. _seen.OfType<TRequest>()];

    public async Task<TResponse> HandleAsync<TRequest, TResponse>(TRequest request, ServerCallContext context, Func<TRequest, TResponse> byDefault)
        where TRequest : class, IMessage
        where TResponse : class
    {
        _seen.Enqueue(request);
        // Those of a pipeline have them in its messages.
        if (context.GetHttpContext().Response is { HasStarted: false, Headers: var headers })
        {
            if (Clock is not null) headers["akkaha-time-ms"] = Clock().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
            if (RingVersion is { } version) headers["akkaha-ring-version"] = version.ToString(CultureInfo.InvariantCulture);
        }
        return _scripts.TryGetValue(typeof(TRequest), out var script) ? (TResponse)await script(request, context) : byDefault(request);
    }

    public async Task HandleAsync(WatchRequest request, IServerStreamWriter<WatchEvent> events, ServerCallContext context)
    {
        _seen.Enqueue(request);
        if (_watch is { } script) await script(request, events, context);
        else await StallAsync(context);
    }

    public async Task HandleAsync(WatchLocksRequest request, IServerStreamWriter<Messages.V1.LockEvent> events, ServerCallContext context)
    {
        _seen.Enqueue(request);
        if (_watchLocks is { } script) await script(request, events, context);
        else await StallAsync(context);
    }

    public async Task HandleAsync(WatchEventualRequest request, IServerStreamWriter<EventualChange> changes, ServerCallContext context)
    {
        _seen.Enqueue(request);
        if (_watchEventual is { } script) await script(changes, context);
        else await StallAsync(context);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using var quick = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(quick.Token);
        await _app.DisposeAsync();
    }
}
