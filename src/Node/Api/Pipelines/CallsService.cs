using System.Diagnostics;
using AkkaHa.Core.Overload;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Ownership;
using Grpc.Core;

namespace AkkaHa.Node.Api.Pipelines;

/// <summary>Pipelines of clients; see <c>calls.proto</c> and ADR 0035.</summary>
internal sealed class CallsService(PipelinedMethods methods, IEventual clock, IClusterView cluster, IHostApplicationLifetime lifetime) : Calls.CallsBase
{
    /// <summary>Of the stream's request. Its calls have names and traces of their own.</summary>
    public const string Path = "/akkaha.v1.Calls/Pipeline";

    /// <summary>After the order to stop; by then everything that was under way has been answered (<see cref="Membership.EntityRegion"/>), if only that the node is leaving.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan UntilCutOff = TimeSpan.FromSeconds(1);

    public override async Task Pipeline(IAsyncStreamReader<CallBatch> requestStream, IServerStreamWriter<AnswerBatch> responseStream, ServerCallContext context)
    {
        // Each call has a trace of its own.
        Activity.Current = null;
        var http = context.GetHttpContext();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var pipeline = new OpenPipeline(methods, context, batch => Stamp(batch, responseStream), stop.Cancel);
        // The caller has gone, or did not go when the node had to. Whoever waits, for a lock say, is hung up on.
        await using var over = stop.Token.Register(pipeline.CancelAll);
        await using var leaving = lifetime.ApplicationStopping.Register(() =>
        {
            pipeline.Leave();
            stop.CancelAfter(Grace);
        });
        var way = new WayHere();
        // That the stream is read: nothing comes over it before.
        pipeline.Greet();
        var writing = pipeline.WriteAsync();
        try
        {
            while (await requestStream.MoveNext(stop.Token))
            {
                var batch = requestStream.Current;
                // Earlier clients don't say.
                var longerMs = batch.SentMs == 0 ? (long?)null : way.LongerMs(batch.SentMs, MonotonicClock.NowMs);
                foreach (var call in batch.Calls) pipeline.Take(call, longerMs + call.WaitedMs, batch.Calls.Count);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException || stop.IsCancellationRequested || http.RequestAborted.IsCancellationRequested)
        {
            pipeline.CancelAll();
        }
        catch
        {
            // It sent what can't be understood.
            pipeline.CancelAll();
            throw;
        }
        finally
        {
            await pipeline.EndAsync();
            await WrittenAsync(writing, stop.Token, http);
        }
    }

    /// <summary>When it is time to stop, who does not read what he is sent is cut off.</summary>
    private static async Task WrittenAsync(Task writing, CancellationToken stop, HttpContext http)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await Task.WhenAny(writing, stopped.Task);
        if (await Task.WhenAny(writing, Task.Delay(UntilCutOff, CancellationToken.None)) != writing) http.Abort();
        await writing;
    }

    private Task Stamp(AnswerBatch batch, IServerStreamWriter<AnswerBatch> stream)
    {
        batch.TimeMs = clock.NowMs;
        if (cluster.RingVersion is { } version) batch.RingVersion = version;
        return stream.WriteAsync(batch);
    }
}
