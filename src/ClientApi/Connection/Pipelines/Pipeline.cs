using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Threading.Channels;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection.Pipelines;

/// <summary>
/// One stream to a node for many calls. What waits to be sent goes in one message. When the stream ends, however it does, each call that has no answer may or may not have been
/// done.
/// </summary>
internal sealed class Pipeline : IDisposable
{
    /// <summary>Without a new call for so long (to twice as long), and with none under way, it is closed.</summary>
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(30);

    /// <summary>When nothing can be sent any more, whoever reads gets this long to learn why.</summary>
    private static readonly TimeSpan UntilRead = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ulong, PendingCall> _pending = new();
    private readonly Channel<PipelinedCall> _toSend = Channel.CreateUnbounded<PipelinedCall>(new UnboundedChannelOptions { SingleReader = true });
    private readonly AsyncDuplexStreamingCall<CallBatch, AnswerBatch> _stream;
    private readonly ITimer _idle;
    private readonly TimeProvider _time;
    private int _waiting;
    private int _ended;
    private ulong _lastId;
    private ulong _lastIdSeen;
    private volatile bool _isOver;
    private volatile bool _isReady;
    private bool _isDisposed;

    /// <param name="direct">The connection.</param>
    /// <param name="time">The clock.</param>
    public Pipeline(CallInvoker direct, TimeProvider time)
    {
        _time = time;
        _stream = new Calls.CallsClient(direct).Pipeline();
        _idle = time.CreateTimer(static pipeline => ((Pipeline)pipeline!).CloseIfIdle(), this, IdleAfter, IdleAfter);
        _ = WriteAsync(ReadAsync());
    }

    /// <summary>It takes no calls any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>The node has said that it reads the stream. Before that nothing is sent over it, so whatever lets no streams through, or holds them up, costs no call anything.</summary>
    public bool IsReady => _isReady;

    /// <summary>It has ended before it was ready, and not for want of a connection: the node knows no pipelines, or what is between lets none through.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Calls that have no answer.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Sends a call. False: it takes none any more, and has not taken this one.</summary>
    public bool TrySend(PendingCall call)
    {
        if (_isOver) return false;
        var id = Interlocked.Increment(ref _lastId);
        (call.Call.Id, call.Since) = (id, _time.GetTimestamp());
        _pending[id] = call;
        Interlocked.Increment(ref _waiting);
        // Who ends it does that first, and then looks for those that wait: either he finds this one, or it is not sent.
        if (!_isOver && _toSend.Writer.TryWrite(call.Call)) return true;
        if (!TryRemove(id, out _)) return true;
        EndIfDone();
        return false;
    }

    /// <summary>Nobody waits for an answer any more, and the node is told. False: there is one, or there will be none.</summary>
    public bool TakeBack(ulong id)
    {
        if (!_pending.ContainsKey(id)) return false;
        // Before it is removed: the last to be removed from a stream that is over closes it. One too many does no harm.
        _toSend.Writer.TryWrite(new PipelinedCall { Id = id, Cancel = new CancelCall() });
        var removed = TryRemove(id, out _);
        EndIfDone();
        return removed;
    }

    public void Dispose()
    {
        _isDisposed = true;
        End(new Status(StatusCode.Cancelled, "the client was disposed"));
    }

    private bool TryRemove(ulong id, [NotNullWhen(true)] out PendingCall? call)
    {
        if (!_pending.TryRemove(id, out call)) return false;
        Interlocked.Decrement(ref _waiting);
        return true;
    }

    private async Task WriteAsync(Task reading)
    {
        var reader = _toSend.Reader;
        try
        {
            while (await reader.WaitToReadAsync().ConfigureAwait(false))
            {
                var now = _time.GetTimestamp();
                var batch = new CallBatch { SentMs = Math.Max(1, (long)_time.GetElapsedTime(0, now).TotalMilliseconds) };
                for (var bytes = 0; bytes < Limits.PipelinedBatchBytes && reader.TryRead(out var call);)
                {
                    if (_pending.TryGetValue(call.Id, out var pending))
                    {
                        bytes += pending.Bytes;
                        call.WaitedMs = (uint)Math.Max(0, _time.GetElapsedTime(pending.Since, now).TotalMilliseconds);
                    }
                    // Nobody waits for it any more, and it was not sent: nobody need begin it.
                    else if (call.Cancel is null) continue;
                    batch.Calls.Add(call);
                }
                if (batch.Calls.Count > 0) await _stream.RequestStream.WriteAsync(batch).ConfigureAwait(false);
            }
            await _stream.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _toSend.Writer.TryComplete();
            // As a rule the stream has ended, and who reads it learns why. A request that the handler sends again after a GOAWAY is open still, and nothing can be written to it.
            await Task.WhenAny(reading, Task.Delay(UntilRead, _time)).ConfigureAwait(false);
            End(new Status(StatusCode.Unavailable, e.Message, new IOException(e.Message, e is RpcException ? null : e)));
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
            end = e.Status;
        }
        catch (Exception e)
        {
            end = new Status(StatusCode.Unknown, e.Message, e);
        }
        End(end);
    }

    private void Take(AnswerBatch batch)
    {
        _isReady = true;
        Metadata headers = [];
        if (batch.TimeMs > 0) headers.Add(ResponseHeaders.Time, batch.TimeMs.ToString(CultureInfo.InvariantCulture));
        if (batch.HasRingVersion) headers.Add(ResponseHeaders.RingVersion, batch.RingVersion.ToString(CultureInfo.InvariantCulture));
        foreach (var answer in batch.Answers)
            if (TryRemove(answer.Id, out var call)) call.Answer(answer, headers);
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
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        IsRefused = !_isReady && status.DebugException is null;
        _isOver = true;
        _toSend.Writer.TryComplete();
        _idle.Dispose();
        // Whatever ended the stream did not look at each call: it is no refusal of theirs, and no proof that one was not sent.
        var ofCalls = _isDisposed ? status : new Status(StatusCode.Unavailable, status.Detail, status.DebugException is null ? null : new IOException(status.Detail));
        foreach (var id in _pending.Keys)
            if (TryRemove(id, out var call)) call.Fail(ofCalls);
        _stream.Dispose();
    }
}
