using System.Globalization;
using AkkaHa.Messages;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Connection;

/// <summary>
/// Keeps a picture of who owns what, so that calls go straight to the owner. It is only a hint: every node passes on what it
/// does not own, so without a picture, or with an old one, calls take a hop more and are as right as ever.
/// </summary>
internal sealed class OwnerRing(EndpointPool endpoints, ServerClock clock, AkkaHaClientOptions options, CancellationToken closing)
{
    // However many calls fail at once, the ring is asked for this often at most.
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(250);

    // Connecting, and then some for the answer: a second, if nothing else is set.
    private readonly TimeSpan _oneTry = options.ConnectTimeout + TimeSpan.FromMilliseconds(700);

    private readonly TimeProvider _time = options.TimeProvider;
    private readonly ILogger _logger = options.LoggerFactory.CreateLogger("AkkaHa.ClientApi.Ring");
    private readonly Lock _gate = new();
    private volatile RingSnapshot? _snapshot;
    private Task? _first;
    private Task _fetch = Task.CompletedTask;
    private long _fetchedAt;

    /// <summary>The picture, or null when there is none. Only the first fetch is waited for, for as long as one node may take; later ones run beside the calls.</summary>
    public async ValueTask<RingSnapshot?> CurrentAsync(CancellationToken cancel)
    {
        Task first;
        lock (_gate)
        {
            if (_first is null) _first = Task.WhenAny(StartFetch(), Task.Delay(_oneTry, _time, closing));
            else if (_time.GetElapsedTime(_fetchedAt) >= options.RingRefresh && _fetch.IsCompleted) StartFetch();
            first = _first;
        }
        if (!first.IsCompleted) await first.WaitAsync(cancel);
        return _snapshot;
    }

    /// <summary>Something failed, so the picture may be old: fetch it again, soon and once.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            if (_fetch.IsCompleted && _time.GetElapsedTime(_fetchedAt) >= LeastInterval) StartFetch();
        }
    }

    /// <summary>An answer says how new the picture could be: one that is older is fetched again. A shard that has moved in peace would else cost each call a hop until the next refresh.</summary>
    public void Observe(Metadata? headers)
    {
        if (_snapshot is { } snapshot && headers?.GetValue(ResponseHeaders.RingVersion) is { } text
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > snapshot.Version) Refresh();
    }

    private Task StartFetch()
    {
        _fetchedAt = _time.GetTimestamp();
        return _fetch = Task.Run(FetchAsync, CancellationToken.None);
    }

    private async Task FetchAsync()
    {
        foreach (var endpoint in endpoints.InTurn())
        {
            if (closing.IsCancellationRequested) return;
            if (await AskAsync(endpoint) is not { } snapshot) continue;
            _snapshot = snapshot;
            endpoints.Learn(snapshot.Addresses);
            return;
        }
    }

    private async Task<RingSnapshot?> AskAsync(Endpoint endpoint)
    {
        using var timeout = new CancellationTokenSource(_oneTry, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing);
        var sentAt = _time.GetTimestamp();
        try
        {
            using var call = new Wire.Cluster.ClusterClient(endpoint.Invoker).GetRingAsync(new Wire.GetRingRequest(), cancellationToken: linked.Token);
            var state = await call;
            clock.Observe(await call.ResponseHeadersAsync, sentAt);
            endpoint.Answered();
            return RingSnapshot.From(state);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            clock.Observe((e as RpcException)?.Trailers, sentAt);
            // No answer in time comes as an RpcException too.
            if (linked.IsCancellationRequested || e is not RpcException rpc || AttemptFailure.Of(rpc).NodeFailed) endpoint.Failed(sentAt);
            _logger.LogDebug(e, "No ring from {Endpoint}", endpoint.Address);
            return null;
        }
    }
}
