using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;

namespace AkkaHa.Node.Api.Pipelines;

/// <summary>One stream with all its calls. They are taken by one thread after the other; their answers are written as they come, as many at a time as there are.</summary>
/// <param name="methods">What can be called.</param>
/// <param name="stream">The stream's own call.</param>
/// <param name="send">Puts a batch on the wire.</param>
/// <param name="broken">Nothing can be sent any more.</param>
internal sealed class OpenPipeline(PipelinedMethods methods, ServerCallContext stream, Func<AnswerBatch, Task> send, Action broken)
{
    /// <summary>So many times a limit by which new work is refused: the caller does not heed it, and is hung up on.</summary>
    private const int HangUpAt = 4;

    /// <summary>Wakes the writer.</summary>
    private static readonly PipelinedAnswer Nothing = new();

    private readonly ConcurrentDictionary<ulong, PipelinedContext> open = new();
    private readonly Channel<PipelinedAnswer> answers = Channel.CreateUnbounded<PipelinedAnswer>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<object, object> state = new() { ["__HttpContext"] = stream.GetHttpContext() };
    private readonly TaskCompletionSource allAnswered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // One for the stream itself, until it ends.
    private int underWay = 1;
    private long unsentBytes;
    private int hungUp;
    private volatile bool leaving;

    /// <summary>Begins a call, or takes one back. Only its refusals are answered before this returns.</summary>
    /// <param name="call">Which.</param>
    /// <param name="waitedMs">So much longer than usual it has waited to be read; null: that is not known.</param>
    /// <param name="beside">So many came with it.</param>
    public void Take(PipelinedCall call, double? waitedMs, int beside)
    {
        if (call.RequestCase == PipelinedCall.RequestOneofCase.Cancel)
        {
            if (open.TryGetValue(call.Id, out var over)) over.Cancel();
            return;
        }
        if (methods.Of(call) is not { } method)
        {
            Send(PipelinedMethods.Refused(call, new RpcException(new Status(StatusCode.Unimplemented, "calls[].request is none that this node knows"))));
            return;
        }
        // What makes room, or keeps alive, is never refused for lack of it. A caller with so much of it is none of ours.
        if (Volatile.Read(ref underWay) > Limits.PipelinedCalls * HangUpAt) HangUp();
        if (PipelinedMethods.WorkOf(method, call) is { } work && (TooMuch() ?? methods.TooLate(work, waitedMs, beside)) is { } failure)
        {
            methods.CountRefused(work);
            Send(PipelinedMethods.Refused(call, failure));
            return;
        }
        var context = new PipelinedContext(method.Name, stream, state);
        if (!open.TryAdd(call.Id, context))
        {
            Send(PipelinedMethods.Refused(call, Refusals.Invalid("calls[].id", $"{call.Id} is under way already")));
            return;
        }
        Interlocked.Increment(ref underWay);
        _ = RunAsync(method, call, context);
    }

    /// <summary>Sends a message without an answer.</summary>
    public void Greet() => answers.Writer.TryWrite(Nothing);

    /// <summary>Tells the caller that the node is leaving.</summary>
    public void Leave()
    {
        leaving = true;
        Greet();
    }

    public void CancelAll()
    {
        foreach (var context in open.Values) context.Cancel();
    }

    /// <summary>No more calls come: done when all are answered.</summary>
    public async Task EndAsync()
    {
        EndOne();
        await allAnswered.Task;
        answers.Writer.Complete();
    }

    /// <summary>Until <see cref="EndAsync"/>. Where a write fails because the caller has gone, that is no failure.</summary>
    public async Task WriteAsync()
    {
        var reader = answers.Reader;
        Exception? failure = null;
        while (await reader.WaitToReadAsync())
        {
            var batch = new AnswerBatch { Leaving = leaving };
            var bytes = 0;
            while (bytes < Limits.PipelinedBatchBytes && reader.TryRead(out var answer))
            {
                if (ReferenceEquals(answer, Nothing)) continue;
                batch.Answers.Add(answer);
                bytes += answer.CalculateSize();
            }
            try
            {
                if (failure is null && Volatile.Read(ref hungUp) == 0) await send(batch);
            }
            catch (Exception e)
            {
                failure = e;
                broken();
            }
            Interlocked.Add(ref unsentBytes, -bytes);
        }
        if (failure is not (null or OperationCanceledException or IOException or InvalidOperationException or RpcException)) ExceptionDispatchInfo.Throw(failure);
    }

    private Failure? TooMuch()
    {
        if (Volatile.Read(ref underWay) > Limits.PipelinedCalls)
            return Refusals.Of(ErrorCode.Unavailable, $"calls: {Limits.PipelinedCalls} of this stream are under way, which is the limit; this one was not done");
        if (Interlocked.Read(ref unsentBytes) > Limits.PipelinedUnsentBytes)
            return Refusals.Of(ErrorCode.Unavailable, $"calls: {Limits.PipelinedUnsentBytes} bytes of answers wait for this stream to be read, which is the limit; this one was not done");
        return null;
    }

    private void Send(PipelinedAnswer answer)
    {
        if (Volatile.Read(ref hungUp) != 0) return;
        if (Interlocked.Add(ref unsentBytes, answer.CalculateSize()) > (long)Limits.PipelinedUnsentBytes * HangUpAt) HangUp();
        else answers.Writer.TryWrite(answer);
    }

    private void HangUp()
    {
        if (Interlocked.Exchange(ref hungUp, 1) == 0) broken();
    }

    private async Task RunAsync(IPipelinedMethod method, PipelinedCall call, PipelinedContext context)
    {
        try
        {
            Send(await methods.RunAsync(method, call, context));
        }
        finally
        {
            open.TryRemove(call.Id, out _);
            EndOne();
        }
    }

    private void EndOne()
    {
        if (Interlocked.Decrement(ref underWay) == 0) allAnswered.TrySetResult();
    }
}
