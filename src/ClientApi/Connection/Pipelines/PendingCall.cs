using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection.Pipelines;

/// <summary>A call of a pipeline that waits for its answer.</summary>
internal abstract class PendingCall(PipelinedCall call)
{
    public PipelinedCall Call { get; } = call;

    /// <summary>Bytes of its request.</summary>
    public int Bytes { get; } = call.CalculateSize();

    /// <summary>Since when it waits to be sent, a timestamp.</summary>
    public long Since { get; set; }

    /// <summary>There is an answer.</summary>
    /// <param name="answer">What it is.</param>
    /// <param name="headers">What came with it.</param>
    public abstract void Answer(PipelinedAnswer answer, Metadata headers);

    /// <summary>There will be none.</summary>
    public abstract void Fail(Status status);
}

/// <inheritdoc cref="PendingCall"/>
internal sealed class PendingCall<TRequest, TResponse>(PipelinedCall call, Func<CallOptions, AsyncUnaryCall<TResponse>> direct, CallOptions options) : PendingCall(call)
    where TRequest : class
    where TResponse : class
{
    private static readonly Status Cancelled = new(StatusCode.Cancelled, "the caller has cancelled the call");

    private readonly TaskCompletionSource<TResponse> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _cancelling;
    private Pipeline? _pipeline;
    private Metadata _headers = [];

    /// <summary>It has been sent, and is taken back when its caller cancels.</summary>
    public AsyncUnaryCall<TResponse> Sent(Pipeline pipeline)
    {
        _pipeline = pipeline;
        if (options.CancellationToken.CanBeCanceled) _cancelling = options.CancellationToken.UnsafeRegister(static call => ((PendingCall<TRequest, TResponse>)call!).Cancel(), this);
        return new AsyncUnaryCall<TResponse>(
            _answered.Task, static call => ((PendingCall<TRequest, TResponse>)call).HeadersAsync(), static call => ((PendingCall<TRequest, TResponse>)call).StatusNow(),
            static _ => [], static call => ((PendingCall<TRequest, TResponse>)call).Dispose(), this);
    }

    public override void Answer(PipelinedAnswer answer, Metadata headers)
    {
        _headers = headers;
        if (answer.Refused is { } refused)
        {
            if (refused.Status == (int)StatusCode.Unimplemented)
            {
                // The node knows no such call here, and has done nothing of it.
                _ = FallBackAsync();
                return;
            }
            Metadata trailers = [.. headers];
            if (refused.Details.Length > 0) trailers.Add(ResponseHeaders.StatusDetails, refused.Details.ToByteArray());
            _answered.TrySetException(new RpcException(new Status((StatusCode)refused.Status, refused.Message), trailers));
        }
        else if (PipelinedRequests.Body(answer) is TResponse body) _answered.TrySetResult(body);
        else Fail(new Status(StatusCode.Internal, $"{answer.AnswerCase} was answered where {typeof(TResponse).Name} was due"));
    }

    public override void Fail(Status status) => _answered.TrySetException(new RpcException(status));

    private async Task FallBackAsync()
    {
        try
        {
            // The caller's activity is not the present one here.
            using var call = direct(Call.Traceparent.Length == 0 ? options : options.WithHeaders(new Metadata { { "traceparent", Call.Traceparent } }));
            var response = await call.ResponseAsync.ConfigureAwait(false);
            _headers = await call.ResponseHeadersAsync.ConfigureAwait(false);
            _answered.TrySetResult(response);
        }
        catch (Exception e)
        {
            _answered.TrySetException(e);
        }
    }

    private void Cancel()
    {
        // Who falls back is cancelled by the same token.
        if (_pipeline!.TakeBack(Call.Id)) Fail(Cancelled);
    }

    private async Task<Metadata> HeadersAsync()
    {
        await _answered.Task.ConfigureAwait(false);
        return _headers;
    }

    private Status StatusNow() => _answered.Task switch
    {
        { IsCompletedSuccessfully: true } => Status.DefaultSuccess,
        { IsFaulted: true, Exception.InnerException: RpcException e } => e.Status,
        _ => throw new InvalidOperationException("the call has not ended"),
    };

    private void Dispose()
    {
        _cancelling.Dispose();
        if (!_answered.Task.IsCompleted) Cancel();
    }
}
