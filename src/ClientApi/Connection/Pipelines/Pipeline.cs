using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection.Pipelines;

/// <summary>
/// One stream to a node for many calls. What waits to be sent goes in one message. When the stream breaks, each call that has no answer ends with the status of the stream, as it would have with that of
/// a broken connection.
/// </summary>
internal sealed class Pipeline : IDisposable
{
    /// <summary>Without a call for so long (to twice as long) it is closed.</summary>
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ulong, PendingCall> _pending = new();
    private readonly Channel<PipelinedCall> _toSend = Channel.CreateUnbounded<PipelinedCall>(new UnboundedChannelOptions { SingleReader = true });
    private readonly AsyncDuplexStreamingCall<CallBatch, AnswerBatch> _stream;
    private readonly ITimer _idle;
    private ulong _lastId;
    private ulong _lastIdSeen;
    private volatile bool _isOver;
    private bool _isConnected;

    /// <param name="direct">The connection.</param>
    /// <param name="time">The clock.</param>
    public Pipeline(CallInvoker direct, TimeProvider time)
    {
        _stream = new Calls.CallsClient(direct).Pipeline();
        _idle = time.CreateTimer(static pipeline => ((Pipeline)pipeline!).CloseIfIdle(), this, IdleAfter, IdleAfter);
        _ = WriteAsync();
        _ = ReadAsync();
    }

    /// <summary>It takes no calls any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>The node knows no pipelines.</summary>
    public bool IsUnknown { get; private set; }

    /// <summary>Sends a call. False: it takes none any more, and has not taken this one.</summary>
    public bool TrySend(PendingCall call)
    {
        if (_isOver) return false;
        var id = Interlocked.Increment(ref _lastId);
        call.Call.Id = id;
        _pending[id] = call;
        // Who ends it does that first, and then looks for those that wait: either he finds this one, or it is not sent.
        if (!_isOver && _toSend.Writer.TryWrite(call.Call)) return true;
        return !_pending.TryRemove(id, out _);
    }

    /// <summary>Nobody waits for an answer any more, and the node is told. False: there is one, or there will be none.</summary>
    public bool TakeBack(ulong id)
    {
        if (!_pending.TryRemove(id, out _)) return false;
        _toSend.Writer.TryWrite(new PipelinedCall { Id = id, Cancel = new CancelCall() });
        EndIfDone();
        return true;
    }

    public void Dispose() => End(new Status(StatusCode.Cancelled, "the client was disposed"));

    private async Task WriteAsync()
    {
        var reader = _toSend.Reader;
        try
        {
            while (await reader.WaitToReadAsync().ConfigureAwait(false))
            {
                var batch = new CallBatch();
                for (var bytes = 0; bytes < Limits.PipelinedBatchBytes && reader.TryRead(out var call);)
                {
                    bytes += _pending.TryGetValue(call.Id, out var pending) ? pending.Bytes : 0;
                    batch.Calls.Add(call);
                }
                await _stream.RequestStream.WriteAsync(batch).ConfigureAwait(false);
            }
            await _stream.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException or IOException)
        {
            // The stream has ended: who reads it learns why, and tells those that wait.
        }
    }

    private async Task ReadAsync()
    {
        Status end;
        try
        {
            var answers = _stream.ResponseStream;
            while (await answers.MoveNext(CancellationToken.None).ConfigureAwait(false)) Take(answers.Current);
            end = new Status(StatusCode.Unavailable, "the node has ended the stream", new IOException("the node has ended the stream"));
        }
        catch (RpcException e)
        {
            // Where an answer has come, there was a connection: whatever the error looks like, it is no proof that what has none was never sent.
            end = _isConnected && e.Status.DebugException is not null ? new Status(e.StatusCode, e.Status.Detail, new IOException(e.Status.Detail)) : e.Status;
        }
        catch (Exception e)
        {
            end = new Status(StatusCode.Unknown, e.Message, e);
        }
        End(end);
    }

    private void Take(AnswerBatch batch)
    {
        _isConnected = true;
        Metadata headers = [];
        if (batch.TimeMs > 0) headers.Add(ResponseHeaders.Time, batch.TimeMs.ToString(CultureInfo.InvariantCulture));
        if (batch.HasRingVersion) headers.Add(ResponseHeaders.RingVersion, batch.RingVersion.ToString(CultureInfo.InvariantCulture));
        foreach (var answer in batch.Answers)
            if (_pending.TryRemove(answer.Id, out var call)) call.Answer(answer, headers);
        if (batch.Leaving) _isOver = true;
        EndIfDone();
    }

    /// <summary>Takes no more calls, and when all have their answers the stream ends.</summary>
    private void EndIfDone()
    {
        if (_isOver && _pending.IsEmpty) _toSend.Writer.TryComplete();
    }

    private void CloseIfIdle()
    {
        var last = Volatile.Read(ref _lastId);
        if (last == _lastIdSeen && _pending.IsEmpty) _isOver = true;
        _lastIdSeen = last;
        EndIfDone();
    }

    private void End(Status status)
    {
        _isOver = true;
        IsUnknown = status.StatusCode == StatusCode.Unimplemented;
        _toSend.Writer.TryComplete();
        _idle.Dispose();
        foreach (var id in _pending.Keys)
        {
            if (!_pending.TryRemove(id, out var call)) continue;
            if (IsUnknown) call.FallBack();
            else call.Fail(status);
        }
        _stream.Dispose();
    }
}
