using System.Diagnostics;
using AkkaHa.Messages;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection.Pipelines;

/// <summary>
/// Sends the calls that are made most over one stream to their node (<see cref="PipelinedRequests"/>), and all others, and what is too large to keep others waiting, by their own methods.
/// So do all where there is no pipeline, or not yet.
/// </summary>
internal sealed class PipelinedInvoker(CallInvoker direct, TimeProvider time) : CallInvoker, IDisposable
{
    /// <summary>A node that knows no pipelines may be another when it was started again.</summary>
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromSeconds(30);

    /// <summary>When the connection broke, or there was none.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private volatile Pipeline? _pipeline;
    private bool _isDisposed;
    private TimeSpan _pause;
    private long _endedAt;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        if (!options.CancellationToken.IsCancellationRequested && options is { Headers: null, Deadline: null } && PipelinedRequests.Of(request) is { } call)
        {
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceparent }) call.Traceparent = traceparent;
            var pending = new PendingCall<TRequest, TResponse>(call, o => direct.AsyncUnaryCall(method, host, o, request), options);
            // A second time, should the first have ended just now.
            for (var tries = 0; tries < 2 && pending.Bytes < Limits.PipelinedBatchBytes && Present() is { Waiting: < Limits.PipelinedCalls } pipeline; tries++)
                if (pipeline.TrySend(pending)) return pending.Sent(pipeline);
        }
        return direct.AsyncUnaryCall(method, host, options, request);
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        direct.BlockingUnaryCall(method, host, options, request);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        direct.AsyncServerStreamingCall(method, host, options, request);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        direct.AsyncClientStreamingCall(method, host, options);

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        direct.AsyncDuplexStreamingCall(method, host, options);

    public void Dispose()
    {
        lock (_gate) _isDisposed = true;
        _pipeline?.Dispose();
    }

    /// <summary>The pipeline. Null: there is none yet; it is begun, unless it is too soon for that.</summary>
    private Pipeline? Present()
    {
        if (_pipeline is { IsOver: false } present) return present.IsReady ? present : null;
        lock (_gate)
        {
            if (_isDisposed || _pipeline is { IsOver: false }) return null;
            if (_pipeline is { } ended)
            {
                _pause = ended switch { { IsRefused: true } => AfterRefusal, { IsReady: false } => AfterFailure, _ => TimeSpan.Zero };
                (_endedAt, _pipeline) = (time.GetTimestamp(), null);
            }
            if (time.GetElapsedTime(_endedAt) < _pause) return null;
            // Not in the trace of the call that happens to be the first.
            var (trace, flow) = (Activity.Current, ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow());
            Activity.Current = null;
            try
            {
                _pipeline = new Pipeline(direct, time);
                return null;
            }
            finally
            {
                flow?.Undo();
                Activity.Current = trace;
            }
        }
    }
}
