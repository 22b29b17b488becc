using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Tests.Api;
using Google.Rpc;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Overload;

/// <summary>A node with too much to do, over both transports. More calls are under way than it takes at all, so that nothing hangs on chance.</summary>
public sealed class RefusedRouteTests : IClassFixture<ApiHost>, IDisposable
{
    private const string Session = "3-0192f1a0-0000-7000-8000-000000000000";

    private readonly ApiHost host;
    private readonly IReadOnlyList<YoungCalls.Generation> others;

    public RefusedRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
        others = Busy.Calls(host.Admission, ApiHost.CallsAtMost);
    }

    public void Dispose()
    {
        foreach (var other in others) other.Leave();
    }

    [Theory]
    [InlineData("GET /v1/kv/a", null)]
    [InlineData("PUT /v1/kv/a", """{"value":"b25l"}""")]
    [InlineData("PUT /v1/kv/a", "no JSON at all")]
    [InlineData("POST /v1/locks/a:acquire", "{}")]
    [InlineData("POST /v1/transactions", "{}")]
    [InlineData("POST /v1/sessions", "{}")]
    [InlineData("POST /v1/eventual/counter/a:update", "{}")]
    public async Task New_work_is_refused_over_http_before_it_is_read(string request, string? body)
    {
        using var response = await host.SendAsync(request, body);

        var error = await ErrorBody.OfAsync(response);
        Assert.Equal((503, "UNAVAILABLE", "overload"), ((int)response.StatusCode, error.Code, error.Details.GetProperty("reason").GetString()));
        Assert.Equal("2", response.Headers.RetryAfter?.ToString());
        Assert.Single(response.Headers.GetValues("akkaha-time-ms"));
        Assert.Empty(host.Entities.Asked);
    }

    [Fact]
    public async Task New_work_is_refused_over_grpc_with_the_reason_and_the_hint()
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await new Keys.KeysClient(host.Grpc).PutAsync(new() { Key = "a", Value = Google.Protobuf.ByteString.CopyFrom(new byte[100_000]) }));

        var status = refusal.GetRpcStatus()!;
        Assert.Equal(Grpc.Core.StatusCode.Unavailable, refusal.StatusCode);
        Assert.Equal("the node has too much to do, and did nothing of this; try again after the hint", refusal.Status.Detail);
        Assert.Equal(("UNAVAILABLE", "akkaha", "overload"), (status.GetDetail<ErrorInfo>()!.Reason, status.GetDetail<ErrorInfo>()!.Domain, status.GetDetail<ErrorInfo>()!.Metadata["reason"]));
        Assert.Equal("overload", status.GetDetail<Struct>()!.Fields["reason"].StringValue);
        Assert.Equal(TimeSpan.FromSeconds(2), status.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
        Assert.Empty(host.Entities.Asked);
    }

    [Fact]
    public async Task Keepalives_releases_cancels_closes_and_looks_at_outcomes_are_answered()
    {
        var sessions = new Sessions.SessionsClient(host.Grpc);
        var locks = new Locks.LocksClient(host.Grpc);
        host.Entities.AnswerWith(new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 7 } });
        Assert.Equal(7, (await sessions.KeepAliveAsync(new() { SessionId = Session })).TtlSeconds);
        Assert.Contains("7", await host.JsonAsync($"POST /v1/sessions/{Session}:keepAlive", "{}"), StringComparison.Ordinal);
        host.Entities.AnswerWith(new Reply { ReleaseLock = new ReleaseLockResponse() });
        await locks.ReleaseAsync(new() { Name = "a", SessionId = Session, Fence = 1 });
        await host.JsonAsync("POST /v1/locks/a:release", $$"""{"sessionId":"{{Session}}","fence":"1"}""");
        host.Entities.AnswerWith(new Reply { CancelLock = new CancelLockResponse() });
        await locks.CancelAsync(new() { Name = "a", SessionId = Session, RequestId = "r" });
        host.Entities.AnswerWith(new Reply { CloseSession = new CloseSessionResponse() });
        await host.JsonAsync($"DELETE /v1/sessions/{Session}");
        host.Entities.AnswerWith(new Reply { TransactionStatus = new TransactionStatus { TransactionId = "t" } });
        await host.JsonAsync("GET /v1/transactions/t");
        Assert.Equal(7, host.Entities.Asked.Count);
        Assert.All(host.Entities.Asked, command => Assert.Equal(0u, command.Lot));

        using var alive = await host.SendAsync("GET /alive");
        using var ring = await host.SendAsync("GET /v1/ring");
        Assert.Equal((200, 200), ((int)alive.StatusCode, (int)ring.StatusCode));
    }

    [Fact]
    public async Task When_there_is_room_again_calls_are_taken()
    {
        Dispose();
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = "a" } });

        await host.JsonAsync("GET /v1/kv/a");
        Assert.Equal("a", (await new Keys.KeysClient(host.Grpc).GetAsync(new() { Key = "a" })).Key);

        foreach (var _ in others) host.Admission.Enter();
    }

    [Fact]
    public async Task A_refusal_of_the_owners_reaches_the_caller_with_its_hint()
    {
        Dispose();
        host.Entities.AnswerWith(new Reply { Failure = AkkaHa.Node.Api.Errors.Refusals.Overloaded(TimeSpan.FromMilliseconds(300)) });

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await new Keys.KeysClient(host.Grpc).GetAsync(new() { Key = "a" }));

        Assert.Equal(TimeSpan.FromMilliseconds(300), refusal.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
        foreach (var _ in others) host.Admission.Enter();
    }
}
