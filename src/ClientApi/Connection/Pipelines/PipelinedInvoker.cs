using System.Diagnostics;
using AkkaHa.Messages;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection.Pipelines;

/// <summary>
/// Sends the calls that are made most over one stream to their node (<see cref="PipelinedRequests"/>), and all others, and what is too large to keep others waiting, by their own methods.
/// A node that knows no pipelines is asked by methods alone for a while.
/// </summary>
internal sealed class PipelinedInvoker(CallInvoker direct, TimeProvider time) : CallInvoker, IDisposable
{
    /// <summary>A node of before, that may be another when it was started again.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private volatile Pipeline? _pipeline;
    private bool _isDisposed;
    private long? _refusedSince;

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

    /// <summary>The pipeline, begun if there is none. Null: the node knows none.</summary>
    private Pipeline? Present()
    {
        if (_pipeline is { IsOver: false } present) return present;
        lock (_gate)
        {
            if (_pipeline is { IsOver: false } begun) return begun;
            if (_isDisposed) return null;
            if (_pipeline is { IsRefused: true }) (_refusedSince, _pipeline) = (time.GetTimestamp(), null);
            if (_refusedSince is { } since && time.GetElapsedTime(since) < AskAgainAfter) return null;
            _refusedSince = null;
            // Not in the trace of the call that happens to be the first.
            var (trace, flow) = (Activity.Current, ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow());
            Activity.Current = null;
            try
            {
                return _pipeline = new Pipeline(direct, time);
            }
            finally
            {
                flow?.Undo();
                Activity.Current = trace;
            }
        }
    }
}
