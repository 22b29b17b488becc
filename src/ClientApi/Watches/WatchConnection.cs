using AkkaHa.ClientApi.Connection;
using Grpc.Core;

namespace AkkaHa.ClientApi.Watches;

/// <summary>
/// One watch at one node, until it breaks or falls silent. Messages are read when they are asked for and not before: what a slow reader
/// has not taken stays in the node, which cuts the watch off when that becomes too much.
/// </summary>
internal sealed class WatchConnection<TMessage> : IDisposable
    where TMessage : class
{
    private readonly Endpoint _endpoint;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource _silent;
    private readonly CancellationTokenSource _over;
    private readonly AsyncServerStreamingCall<TMessage> _call;

    public WatchConnection(Endpoint endpoint, WatchCall<TMessage> call, string position, TimeSpan patience, TimeProvider time, CancellationToken stop)
    {
        _endpoint = endpoint;
        _patience = patience;
        _time = time;
        _stop = stop;
        _silent = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _over = CancellationTokenSource.CreateLinkedTokenSource(stop, _silent.Token);
        _call = call.Begin(endpoint.Invoker, position, new CallOptions(cancellationToken: _over.Token));
    }

    public Endpoint Endpoint => _endpoint;

    /// <summary>Something came through: the node serves this watch.</summary>
    public bool Heard { get; private set; }

    /// <summary>The next message, or why there is none.</summary>
    public async Task<(TMessage? Message, AttemptFailure? Failure)> NextAsync()
    {
        var since = _time.GetTimestamp();
        // Only while it is waited for: the time that the reader takes is not the node's silence.
        _silent.CancelAfter(_patience);
        try
        {
            if (!await _call.ResponseStream.MoveNext())
                return (null, new AttemptFailure(AttemptVerdict.NotDone, new UnavailableException("the node ended the watch"), NodeFailed: false));
            Heard = true;
            _endpoint.Answered();
            return (_call.ResponseStream.Current, null);
        }
        catch (RpcException e) when (!_over.IsCancellationRequested)
        {
            var failure = AttemptFailure.Of(e);
            if (failure.NodeFailed) _endpoint.Failed(since);
            return (null, failure);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            _stop.ThrowIfCancellationRequested();
            _endpoint.TimedOut(since);
            return (null, AttemptFailure.TimedOut(_patience));
        }
        finally
        {
            _silent.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _call.Dispose();
        _over.Dispose();
        _silent.Dispose();
    }
}
