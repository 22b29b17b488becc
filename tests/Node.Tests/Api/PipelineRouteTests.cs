using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Many calls over one stream, as a node takes them.</summary>
public sealed class PipelineRouteTests : IClassFixture<ApiHost>, IAsyncLifetime
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ApiHost host;
    private readonly AsyncDuplexStreamingCall<CallBatch, AnswerBatch> stream;
    private readonly Queue<PipelinedAnswer> answers = new();
    private AnswerBatch? last;

    public PipelineRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
        stream = new Calls.CallsClient(host.Grpc).Pipeline();
    }

    /// <summary>Before anything is sent, the node says that it reads.</summary>
    public async Task InitializeAsync()
    {
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
        Assert.Empty(stream.ResponseStream.Current.Answers);
    }

    public Task DisposeAsync()
    {
        stream.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Each_request_is_answered_as_by_its_own_method()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.BodyCase switch
        {
            Command.BodyOneofCase.GetKey => new Reply { KeyValue = new KeyValue { Key = command.GetKey.Key, Revision = 1 } },
            Command.BodyOneofCase.PutKey => new Reply { PutKey = new PutKeyResponse { Key = command.PutKey.Key, Revision = 2 } },
            Command.BodyOneofCase.DeleteKey => new Reply { DeleteKey = new DeleteKeyResponse { Key = command.DeleteKey.Key, Revision = 3 } },
            Command.BodyOneofCase.AcquireLock => new Reply { LockGrant = new LockGrant { Name = command.AcquireLock.Name, Fence = 4 } },
            Command.BodyOneofCase.ReleaseLock => new Reply { ReleaseLock = new ReleaseLockResponse { Name = command.ReleaseLock.Name, Fence = 4 } },
            Command.BodyOneofCase.KeepAlive => new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 10 } },
            _ => new Reply { Transaction = new TransactionResult { TransactionId = command.RunTransaction.TransactionId } },
        });
        var transaction = new TransactionRequest { TransactionId = "t", Then = { new Operation { Put = new PutOperation { Key = "k", Value = ByteString.Empty } } } };
        PipelinedCall[] calls =
        [
            new() { Id = 1, GetKey = new GetKeyRequest { Key = "k" } }, new() { Id = 2, PutKey = new PutKeyRequest { Key = "k" } }, new() { Id = 3, DeleteKey = new DeleteKeyRequest { Key = "k" } },
            new() { Id = 4, AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session } }, new() { Id = 5, ReleaseLock = new ReleaseLockRequest { Name = "l", SessionId = Session, Fence = 4 } },
            new() { Id = 6, KeepAlive = new KeepAliveRequest { SessionId = Session } }, new() { Id = 7, RunTransaction = transaction },
        ];
        // Every request that there is, so that none can be forgotten here.
        Assert.Equal(PipelinedCall.Descriptor.Oneofs[0].Fields.Count - 1, calls.Length);

        await SendAsync(calls);

        var got = new Dictionary<ulong, PipelinedAnswer>();
        while (got.Count < calls.Length) got.Add((await NextAsync()).Id, answers.Dequeue());
        Assert.All(calls, call => Assert.Equal(call.RequestCase.ToString(), got[call.Id].AnswerCase.ToString()));
        Assert.Equal(((IClusterView)host.Cluster).RingVersion, last!.HasRingVersion ? last.RingVersion : null);
        Assert.InRange(last.TimeMs, host.Eventual.NowMs - 60_000, host.Eventual.NowMs);
    }

    [Fact]
    public async Task A_refusal_is_the_same_as_of_the_method_itself()
    {
        var request = new PutKeyRequest { Key = new string('k', Limits.NameBytes + 1) };
        var direct = await Assert.ThrowsAsync<RpcException>(async () => await new Messages.V1.Keys.KeysClient(host.Grpc).PutAsync(request));

        await SendAsync(new PipelinedCall { Id = 9, PutKey = request });

        var refused = (await NextAsync()).Refused;
        Assert.Equal(((int)direct.StatusCode, direct.Status.Detail), (refused.Status, refused.Message));
        Assert.Equal(direct.Trailers.GetValueBytes("grpc-status-details-bin"), refused.Details.ToByteArray());
    }

    [Fact]
    public async Task What_fails_unexpectedly_is_unknown_after_a_change_and_others_go_on()
    {
        host.Entities.Answer = (command, _) => command.PutKey is null ? Task.FromResult(new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } }) : throw new InvalidOperationException("a bug");

        await SendAsync(new PipelinedCall { Id = 1, PutKey = new PutKeyRequest { Key = "k" } }, new PipelinedCall { Id = 2, GetKey = new GetKeyRequest { Key = "k" } });

        var both = new[] { await TakeAsync(), await TakeAsync() }.ToDictionary(a => a.Id);
        Assert.Contains("failed while at it", both[1].Refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, both[2].GetKey.Revision);
        host.Log.Errors.Clear();
    }

    [Fact]
    public async Task One_that_waits_keeps_no_other_waiting_and_a_cancel_takes_it_back()
    {
        var waiting = new TaskCompletionSource();
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelLock is not null) return new Reply { CancelLock = new CancelLockResponse { Cancelled = true } };
            if (command.GetKey is not null) return new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } };
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return new Reply();
        };
        await SendAsync(new PipelinedCall { Id = 1, AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session, RequestId = "r1", WaitSeconds = 60 } });
        await waiting.Task.WaitAsync(Patience);
        await SendAsync(new PipelinedCall { Id = 2, GetKey = new GetKeyRequest { Key = "k" } });
        Assert.Equal(2ul, (await TakeAsync()).Id);

        await SendAsync(new PipelinedCall { Id = 1, Cancel = new CancelCall() });

        Assert.Equal((int)StatusCode.Cancelled, (await TakeAsync()).Refused.Status);
        await UntilAsync(() => host.Entities.Asked.Any(c => c.CancelLock is { RequestId: "r1" }));
    }

    [Fact]
    public async Task When_the_stream_breaks_those_who_wait_for_locks_are_taken_back()
    {
        var waiting = new TaskCompletionSource();
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelLock is not null) return new Reply { CancelLock = new CancelLockResponse { Cancelled = true } };
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return new Reply();
        };
        await SendAsync(new PipelinedCall { Id = 1, AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session, RequestId = "r2", WaitSeconds = 60 } });
        await waiting.Task.WaitAsync(Patience);

        stream.Dispose();

        await UntilAsync(() => host.Entities.Asked.Any(c => c.CancelLock is { RequestId: "r2" }));
    }

    [Fact]
    public async Task When_the_caller_ends_his_side_he_gets_all_answers_before_the_end()
    {
        var held = new TaskCompletionSource();
        host.Entities.Answer = async (_, _) =>
        {
            await held.Task;
            return new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } };
        };
        await SendAsync(new PipelinedCall { Id = 1, GetKey = new GetKeyRequest { Key = "k" } });
        await stream.RequestStream.CompleteAsync();
        held.SetResult();

        Assert.Equal(1, (await TakeAsync()).GetKey.Revision);
        Assert.False(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task Who_has_ended_his_side_and_goes_takes_back_what_he_waited_for()
    {
        var waiting = new TaskCompletionSource();
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelLock is not null) return new Reply { CancelLock = new CancelLockResponse { Cancelled = true } };
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return new Reply();
        };
        await SendAsync(new PipelinedCall { Id = 1, AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session, RequestId = "r4", WaitSeconds = 60 } });
        await waiting.Task.WaitAsync(Patience);
        await stream.RequestStream.CompleteAsync();
        await Task.Delay(100);

        stream.Dispose();

        await UntilAsync(() => host.Entities.Asked.Any(c => c.CancelLock is { RequestId: "r4" }));
    }

    [Fact]
    public async Task Wrong_ids_unknown_requests_and_too_many_calls_are_refused_one_by_one()
    {
        var held = new TaskCompletionSource();
        host.Entities.Answer = async (_, _) =>
        {
            await held.Task;
            return new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 10 } };
        };
        await SendAsync(new PipelinedCall { Id = 1, KeepAlive = new KeepAliveRequest { SessionId = Session } }, new PipelinedCall { Id = 1, KeepAlive = new KeepAliveRequest { SessionId = Session } });
        Assert.Contains("calls[].id 1 is under way already", (await TakeAsync()).Refused.Message, StringComparison.Ordinal);
        await SendAsync(new PipelinedCall { Id = 2 });
        Assert.Equal((int)StatusCode.Unimplemented, (await TakeAsync()).Refused.Status);

        for (var id = 0; id < Limits.PipelinedCalls; id += 1000)
            await SendAsync([.. Enumerable.Range(id + 10, 1000).Select(i => new PipelinedCall { Id = (ulong)i, KeepAlive = new KeepAliveRequest { SessionId = Session } })]);

        // What makes room, or keeps alive, is taken still.
        await SendAsync(new PipelinedCall { Id = 3, GetKey = new GetKeyRequest { Key = "k" } });
        var refused = await TakeAsync();
        Assert.Equal((3ul, (int)StatusCode.Unavailable), (refused.Id, refused.Refused.Status));
        Assert.Contains($"{Limits.PipelinedCalls}", refused.Refused.Message, StringComparison.Ordinal);
        held.SetResult();
        var rest = new HashSet<ulong>();
        while (rest.Count <= Limits.PipelinedCalls)
        {
            var answer = await TakeAsync();
            Assert.NotNull(answer.KeepAlive);
            rest.Add(answer.Id);
        }
    }

    /// <summary>A stream lives for as long as its client does, so no limit of one request may count what it carries.</summary>
    [Fact]
    public async Task A_stream_may_carry_more_than_one_request_may_have()
    {
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse { Key = "k", Revision = 1 } });
        var value = ByteString.CopyFrom(new byte[Limits.ValueBytes]);
        for (var id = 1; id <= 2 * (Limits.ClientMessageBytes / Limits.ValueBytes); id++)
        {
            await SendAsync(new PipelinedCall { Id = (ulong)id, PutKey = new PutKeyRequest { Key = "k", Value = value } });
            Assert.Equal((ulong)id, (await TakeAsync()).Id);
        }
    }

    [Fact]
    public async Task An_overloaded_node_refuses_new_work_here_too_and_nothing_else()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.GetKey is null ? new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 10 } } : new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } });
        var young = Enumerable.Range(0, ApiHost.CallsAtMost).Select(_ => host.Admission.Enter()).ToArray();
        try
        {
            await SendAsync(new PipelinedCall { Id = 1, GetKey = new GetKeyRequest { Key = "k" } }, new PipelinedCall { Id = 2, KeepAlive = new KeepAliveRequest { SessionId = Session } });

            var both = new[] { await TakeAsync(), await TakeAsync() }.ToDictionary(a => a.Id);
            Assert.Equal((int)StatusCode.Unavailable, both[1].Refused.Status);
            Assert.Equal(10, both[2].KeepAlive.TtlSeconds);
        }
        finally
        {
            foreach (var one in young) one.Leave();
        }
        await SendAsync(new PipelinedCall { Id = 3, GetKey = new GetKeyRequest { Key = "k" } });
        Assert.Equal(1, (await TakeAsync()).GetKey.Revision);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition()) await Task.Delay(10, patience.Token);
    }

    private Task SendAsync(params PipelinedCall[] calls) => stream.RequestStream.WriteAsync(new CallBatch { Calls = { calls } });

    private async Task<PipelinedAnswer> TakeAsync()
    {
        await NextAsync();
        return answers.Dequeue();
    }

    private async Task<PipelinedAnswer> NextAsync()
    {
        while (answers.Count == 0)
        {
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
            last = stream.ResponseStream.Current;
            foreach (var answer in last.Answers) answers.Enqueue(answer);
        }
        return answers.Peek();
    }
}
