using System.Collections.Concurrent;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;

namespace AkkaHa.ClientApi.Tests.Fakes;

/// <summary>Pipelines over the scripts of the single methods, each answer in a message of its own.</summary>
internal sealed class FakeCalls(FakeNode node, FakeKeys keys, FakeLocks locks, FakeSessions sessions, FakeTransactions transactions) : Calls.CallsBase
{
    public override async Task Pipeline(IAsyncStreamReader<CallBatch> requestStream, IServerStreamWriter<AnswerBatch> responseStream, ServerCallContext context)
    {
        node.PipelineBegan();
        var open = new ConcurrentDictionary<ulong, CancellationTokenSource>();
        var answering = new List<Task>();
        using var oneAtATime = new SemaphoreSlim(1);
        try
        {
            if (node.HoldPipelines) await node.StallAsync(context);
            if (node.EndPipelines is { } refusal) throw new RpcException(new Status(refusal, "by something between"));
            await WriteAsync(new AnswerBatch());
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                await node.ReadsFrom;
                if (node.EndPipelines is { } status) throw new RpcException(new Status(status, "by something between"));
                foreach (var call in requestStream.Current.Calls)
                {
                    node.PipelinedCallCame();
                    node.SentAt.Enqueue((requestStream.Current.SentMs, call.WaitedMs));
                    if (call.Cancel is not null) open.GetValueOrDefault(call.Id)?.Cancel();
                    else
                    {
                        // Scripts may block.
                        var over = open[call.Id] = new CancellationTokenSource();
                        answering.Add(Task.Run(() => AnswerAsync(call, over)));
                    }
                }
                if (!node.IsLeaving) continue;
                await WriteAsync(new AnswerBatch { Leaving = true });
            }
        }
        finally
        {
            if (context.CancellationToken.IsCancellationRequested)
                foreach (var over in open.Values) await over.CancelAsync();
            await Task.WhenAll(answering);
        }

        async Task AnswerAsync(PipelinedCall call, CancellationTokenSource over)
        {
            var answer = new PipelinedAnswer { Id = call.Id };
            try
            {
                await Dispatch(call, answer, new OneOfMany(context, over.Token, call.Traceparent));
            }
            catch (RpcException e)
            {
                answer.Refused = new PipelinedRefusal
                {
                    Status = (int)e.StatusCode, Message = e.Status.Detail, Details = ByteString.CopyFrom(e.Trailers.GetValueBytes(ResponseHeaders.StatusDetails) ?? []),
                };
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                return;
            }
            catch (Exception e)
            {
                answer.Refused = new PipelinedRefusal { Status = (int)StatusCode.Unknown, Message = e.Message };
            }
            var batch = new AnswerBatch { Answers = { answer } };
            if (node.Clock is { } clock) batch.TimeMs = clock().ToUnixTimeMilliseconds();
            if (node.RingVersion is { } version) batch.RingVersion = version;
            await WriteAsync(batch);
        }

        async Task WriteAsync(AnswerBatch batch)
        {
            await oneAtATime.WaitAsync();
            try
            {
                await responseStream.WriteAsync(batch);
            }
            catch (Exception e) when (e is InvalidOperationException or OperationCanceledException or IOException)
            {
                // The caller has gone.
            }
            finally
            {
                oneAtATime.Release();
            }
        }
    }

    private async Task Dispatch(PipelinedCall call, PipelinedAnswer answer, ServerCallContext context)
    {
        switch (node.KnowsNothing ? PipelinedCall.RequestOneofCase.None : call.RequestCase)
        {
            case PipelinedCall.RequestOneofCase.GetKey:
                answer.GetKey = await keys.Get(call.GetKey, context);
                break;
            case PipelinedCall.RequestOneofCase.PutKey:
                answer.PutKey = await keys.Put(call.PutKey, context);
                break;
            case PipelinedCall.RequestOneofCase.DeleteKey:
                answer.DeleteKey = await keys.Delete(call.DeleteKey, context);
                break;
            case PipelinedCall.RequestOneofCase.AcquireLock:
                answer.AcquireLock = await locks.Acquire(call.AcquireLock, context);
                break;
            case PipelinedCall.RequestOneofCase.ReleaseLock:
                answer.ReleaseLock = await locks.Release(call.ReleaseLock, context);
                break;
            case PipelinedCall.RequestOneofCase.KeepAlive:
                answer.KeepAlive = await sessions.KeepAlive(call.KeepAlive, context);
                break;
            case PipelinedCall.RequestOneofCase.RunTransaction:
                answer.RunTransaction = await transactions.Run(call.RunTransaction, context);
                break;
            default:
                throw new RpcException(new Status(StatusCode.Unimplemented, "no such request"));
        }
    }

    private sealed class OneOfMany(ServerCallContext stream, CancellationToken over, string traceparent) : ServerCallContext
    {
        private readonly Dictionary<object, object> _state = new() { ["__HttpContext"] = stream.GetHttpContext() };

        protected override string MethodCore => stream.Method;

        protected override string HostCore => stream.Host;

        protected override string PeerCore => stream.Peer;

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore { get; } = traceparent.Length == 0 ? [] : new Metadata { { "traceparent", traceparent } };

        protected override CancellationToken CancellationTokenCore => over;

        protected override Metadata ResponseTrailersCore { get; } = [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => stream.AuthContext;

        protected override IDictionary<object, object> UserStateCore => _state;

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => throw new NotSupportedException();
    }
}
