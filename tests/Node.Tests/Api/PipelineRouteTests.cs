using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Tests.Telemetry;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Many calls over one stream, as a node takes them.</summary>
public sealed class PipelineRouteTests : IClassFixture<ApiHost>, IAsyncLifetime
{
    private const string Session = PipelineStream.Session;

    private readonly ApiHost host;
    private readonly PipelineStream stream;

    public PipelineRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
        stream = new PipelineStream(host);
    }

    public Task InitializeAsync() => stream.BeginAsync();

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

        await stream.SendAsync(calls);

        var got = new Dictionary<ulong, PipelinedAnswer>();
        while (got.Count < calls.Length)
        {
            var answer = await stream.TakeAsync();
            got.Add(answer.Id, answer);
        }
        Assert.All(calls, call => Assert.Equal(call.RequestCase.ToString(), got[call.Id].AnswerCase.ToString()));
        Assert.Equal(((IClusterView)host.Cluster).RingVersion, stream.Last.HasRingVersion ? stream.Last.RingVersion : null);
        Assert.InRange(stream.Last.TimeMs, host.Eventual.NowMs - 60_000, host.Eventual.NowMs);
    }

    [Fact]
    public async Task A_refusal_is_the_same_as_of_the_method_itself()
    {
        var request = new PutKeyRequest { Key = new string('k', Limits.NameBytes + 1) };
        var direct = await Assert.ThrowsAsync<RpcException>(async () => await new Messages.V1.Keys.KeysClient(host.Grpc).PutAsync(request));

        await stream.SendAsync(new PipelinedCall { Id = 9, PutKey = request });

        var refused = (await stream.TakeAsync()).Refused;
        Assert.Equal(((int)direct.StatusCode, direct.Status.Detail), (refused.Status, refused.Message));
        Assert.Equal(direct.Trailers.GetValueBytes(ResponseHeaders.StatusDetails), refused.Details.ToByteArray());
    }

    [Fact]
    public async Task What_fails_unexpectedly_is_unknown_after_a_change_and_others_go_on()
    {
        host.Entities.Answer = (command, _) => command.PutKey is null ? Task.FromResult(new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } }) : throw new InvalidOperationException("a bug");

        await stream.SendAsync(new PipelinedCall { Id = 1, PutKey = new PutKeyRequest { Key = "k" } }, new PipelinedCall { Id = 2, GetKey = new GetKeyRequest { Key = "k" } });

        var both = new[] { await stream.TakeAsync(), await stream.TakeAsync() }.ToDictionary(a => a.Id);
        Assert.Contains("failed while at it", both[1].Refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, both[2].GetKey.Revision);
        host.Log.Errors.Clear();
    }

    [Fact]
    public async Task One_that_waits_keeps_no_other_waiting_and_a_cancel_takes_it_back()
    {
        await stream.WaitForLockAsync("r1");
        await stream.SendAsync(new PipelinedCall { Id = 2, GetKey = new GetKeyRequest { Key = "k" } });
        Assert.Equal(2ul, (await stream.TakeAsync()).Id);

        await stream.SendAsync(new PipelinedCall { Id = 1, Cancel = new CancelCall() });

        Assert.Equal((int)StatusCode.Cancelled, (await stream.TakeAsync()).Refused.Status);
        await stream.TakenBackAsync("r1");
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
        await stream.SendAsync(new PipelinedCall { Id = 1, KeepAlive = new KeepAliveRequest { SessionId = Session } }, new PipelinedCall { Id = 1, KeepAlive = new KeepAliveRequest { SessionId = Session } });
        Assert.Contains("calls[].id 1 is under way already", (await stream.TakeAsync()).Refused.Message, StringComparison.Ordinal);
        await stream.SendAsync(new PipelinedCall { Id = 2 });
        Assert.Equal((int)StatusCode.Unimplemented, (await stream.TakeAsync()).Refused.Status);

        for (var id = 0; id < Limits.PipelinedCalls; id += 1000)
            await stream.SendAsync([.. Enumerable.Range(id + 10, 1000).Select(i => new PipelinedCall { Id = (ulong)i, KeepAlive = new KeepAliveRequest { SessionId = Session } })]);

        // What makes room, or keeps alive, is taken still.
        var failed = Failed();
        await stream.SendAsync(new PipelinedCall { Id = 3, GetKey = new GetKeyRequest { Key = "k" } });
        var refused = await stream.TakeAsync();
        Assert.Equal((3ul, (int)StatusCode.Unavailable), (refused.Id, refused.Refused.Status));
        Assert.Contains($"{Limits.PipelinedCalls}", refused.Refused.Message, StringComparison.Ordinal);
        await PipelineStream.UntilAsync(() => Failed() == failed + 1);
        held.SetResult();
        var rest = new HashSet<ulong>();
        while (rest.Count <= Limits.PipelinedCalls)
        {
            var answer = await stream.TakeAsync();
            Assert.NotNull(answer.KeepAlive);
            rest.Add(answer.Id);
        }
    }

    /// <summary>What is asked for costs the asker nothing, and the node its memory.</summary>
    [Fact]
    public async Task Who_does_not_read_his_answers_gets_no_more_of_them_than_there_is_room_for()
    {
        var value = ByteString.CopyFrom(new byte[Limits.ValueBytes]);
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = "k", Value = value, Revision = 1 } });
        var calls = 3 * Limits.PipelinedUnsentBytes / Limits.ValueBytes;
        await stream.SendAsync([.. Enumerable.Range(1, calls).Select(i => new PipelinedCall { Id = (ulong)i, GetKey = new GetKeyRequest { Key = "k" } })]);

        var refused = 0;
        for (var i = 0; i < calls; i++)
        {
            if ((await stream.TakeAsync()).Refused is not { } refusal) continue;
            Assert.Contains($"{Limits.PipelinedUnsentBytes} bytes", refusal.Message, StringComparison.Ordinal);
            refused++;
        }
        // Some were written meanwhile.
        Assert.InRange(refused, 1, calls - (Limits.PipelinedUnsentBytes / Limits.ValueBytes));
    }

    [Fact]
    public async Task A_call_belongs_to_its_caller_s_trace_and_the_stream_to_none()
    {
        using var recorded = new RecordedTraces();
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse { Key = "k", Revision = 1 } });
        using var activity = recorded.Begin();

        await stream.SendAsync(new PipelinedCall { Id = 1, Traceparent = activity.Id, PutKey = new PutKeyRequest { Key = "k" } });
        await stream.TakeAsync();

        await PipelineStream.UntilAsync(() => recorded.Of(activity).Count > 0);
        var call = Assert.Single(recorded.Of(activity));
        Assert.Equal(("POST /akkaha.v1.Keys/Put", activity.SpanId), (call.OperationName, call.ParentSpanId));
    }

    /// <summary>A stream lives for as long as its client does, so no limit of one request may count what it carries.</summary>
    [Fact]
    public async Task A_stream_may_carry_more_than_one_request_may_have()
    {
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse { Key = "k", Revision = 1 } });
        var value = ByteString.CopyFrom(new byte[Limits.ValueBytes]);
        for (var id = 1; id <= 2 * (Limits.ClientMessageBytes / Limits.ValueBytes); id++)
        {
            await stream.SendAsync(new PipelinedCall { Id = (ulong)id, PutKey = new PutKeyRequest { Key = "k", Value = value } });
            Assert.Equal((ulong)id, (await stream.TakeAsync()).Id);
        }
    }

    /// <summary>By when its client wrote it, or by how long it had waited there before.</summary>
    [Fact]
    public async Task New_work_that_was_read_too_late_is_refused_and_nothing_else()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.GetKey is null ? new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 10 } } : new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } });
        static PipelinedCall Get(ulong id, uint waitedMs = 0) => new() { Id = id, WaitedMs = waitedMs, GetKey = new GetKeyRequest { Key = "k" } };
        var young = Enumerable.Range(0, Admission.Few).Select(_ => host.Admission.Enter()).ToArray();
        try
        {
            // The client's clock began with its machine.
            await stream.SendAsync(1_000_000, Get(1));
            Assert.Equal("k", (await stream.TakeAsync()).GetKey.Key);
            await stream.SendAsync(1_000_000 - 60_000, Get(2), new PipelinedCall { Id = 3, KeepAlive = new KeepAliveRequest { SessionId = Session } });
            var both = new[] { await stream.TakeAsync(), await stream.TakeAsync() }.ToDictionary(a => a.Id);
            Assert.Equal((int)StatusCode.Unavailable, both[2].Refused.Status);
            Assert.Equal(10, both[3].KeepAlive.TtlSeconds);
            // It says no time, as earlier clients do.
            await stream.SendAsync(Get(4));
            Assert.Equal("k", (await stream.TakeAsync()).GetKey.Key);
            await stream.SendAsync(1_000_500, Get(5, waitedMs: 60_000));
            Assert.Equal((int)StatusCode.Unavailable, (await stream.TakeAsync()).Refused.Status);
        }
        finally
        {
            foreach (var one in young) one.Leave();
        }
    }

    [Fact]
    public async Task An_overloaded_node_refuses_new_work_here_too_and_nothing_else()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.GetKey is null ? new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 10 } } : new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } });
        var young = Enumerable.Range(0, ApiHost.CallsAtMost).Select(_ => host.Admission.Enter()).ToArray();
        try
        {
            await stream.SendAsync(new PipelinedCall { Id = 1, GetKey = new GetKeyRequest { Key = "k" } }, new PipelinedCall { Id = 2, KeepAlive = new KeepAliveRequest { SessionId = Session } });

            var both = new[] { await stream.TakeAsync(), await stream.TakeAsync() }.ToDictionary(a => a.Id);
            Assert.Equal((int)StatusCode.Unavailable, both[1].Refused.Status);
            Assert.Equal(10, both[2].KeepAlive.TtlSeconds);

            // Who waits for a lock comes again to go on; his place would be lost.
            host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = "l", Fence = 17, SessionId = Session } });
            AcquireLockRequest Acquire(uint attempt) => new() { Name = "l", SessionId = Session, RequestId = $"{Guid.CreateVersion7()}", WaitSeconds = 3, Attempt = attempt };
            await stream.SendAsync(new PipelinedCall { Id = 4, AcquireLock = Acquire(1) });
            Assert.Equal((int)StatusCode.Unavailable, (await stream.TakeAsync()).Refused.Status);
            await stream.SendAsync(new PipelinedCall { Id = 5, AcquireLock = Acquire(2) });
            Assert.Equal(17, (await stream.TakeAsync()).AcquireLock.Fence);
        }
        finally
        {
            foreach (var one in young) one.Leave();
        }
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } });
        await stream.SendAsync(new PipelinedCall { Id = 3, GetKey = new GetKeyRequest { Key = "k" } });
        Assert.Equal(1, (await stream.TakeAsync()).GetKey.Revision);
    }

    /// <summary>Calls that the dashboard shows as failed.</summary>
    private long Failed() => host.History.Report(0).Slots.SelectMany(s => s.Tallies).Sum(t => t.Failed);
}
