using System.Collections.Concurrent;
using System.Threading.Channels;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;

namespace AkkaHa.Node.Api.Pipelines;

/// <summary>One stream with all its calls. They are taken by one thread after the other; their answers are written as they come, as many at a time as there are.</summary>
/// <param name="methods">What can be called.</param>
/// <param name="stream">The stream's own call.</param>
/// <param name="send">Puts a batch on the wire.</param>
internal sealed class OpenPipeline(PipelinedMethods methods, ServerCallContext stream, Func<AnswerBatch, Task> send)
{
    /// <summary>Wakes the writer.</summary>
    private static readonly PipelinedAnswer Nothing = new();

    private readonly ConcurrentDictionary<ulong, PipelinedContext> open = new();
    private readonly Channel<PipelinedAnswer> answers = Channel.CreateUnbounded<PipelinedAnswer>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<object, object> state = new() { ["__HttpContext"] = stream.GetHttpContext() };
    private readonly TaskCompletionSource allAnswered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // One for the stream itself, until it ends.
    private int underWay = 1;
    private volatile bool leaving;

    /// <summary>Begins a call, or takes one back. Only its refusals are answered before this returns.</summary>
    public void Take(PipelinedCall call)
    {
        if (call.RequestCase == PipelinedCall.RequestOneofCase.Cancel)
        {
            if (open.TryGetValue(call.Id, out var over)) over.Cancel();
            return;
        }
        if (methods.NameOf(call) is not { } name)
        {
            Refuse(call, new RpcException(new Status(StatusCode.Unimplemented, "calls[].request is none that this node knows")));
            return;
        }
        if (open.Count >= Limits.PipelinedCalls)
        {
            Refuse(call, GrpcErrors.ToRpcException(Refusals.Of(ErrorCode.Unavailable, $"calls: {Limits.PipelinedCalls} of this stream are under way, which is the limit; this one was not done")));
            return;
        }
        var context = new PipelinedContext(name, stream, state);
        if (!open.TryAdd(call.Id, context))
        {
            Refuse(call, GrpcErrors.ToRpcException(Refusals.Invalid("calls[].id", $"{call.Id} is under way already")));
            return;
        }
        Interlocked.Increment(ref underWay);
        _ = RunAsync(call, context);
    }

    /// <summary>Tells the caller that the node is leaving.</summary>
    public void Leave()
    {
        leaving = true;
        answers.Writer.TryWrite(Nothing);
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

    /// <summary>Until <see cref="EndAsync"/>.</summary>
    public async Task WriteAsync()
    {
        var reader = answers.Reader;
        var gone = false;
        while (await reader.WaitToReadAsync())
        {
            var batch = new AnswerBatch { Leaving = leaving };
            for (var bytes = 0; bytes < Limits.PipelinedBatchBytes && reader.TryRead(out var answer); bytes += answer.CalculateSize())
                if (!ReferenceEquals(answer, Nothing)) batch.Answers.Add(answer);
            if (gone) continue;
            try
            {
                await send(batch);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException or RpcException)
            {
                // Nobody reads any more; the reader of the stream sees that too.
                gone = true;
            }
        }
    }

    private async Task RunAsync(PipelinedCall call, PipelinedContext context)
    {
        try
        {
            answers.Writer.TryWrite(await methods.RunAsync(call, context));
        }
        finally
        {
            open.TryRemove(call.Id, out _);
            EndOne();
        }
    }

    private void Refuse(PipelinedCall call, RpcException status) => answers.Writer.TryWrite(PipelinedMethods.Refused(call, status));

    private void EndOne()
    {
        if (Interlocked.Decrement(ref underWay) == 0) allAnswered.TrySetResult();
    }
}
