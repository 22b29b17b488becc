using System.Net;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>POST /v1/locks:acquireAll and :cancelAll, and the same over gRPC.</summary>
public sealed class MultiLockRouteTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private readonly ApiHost host;

    public MultiLockRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private static Reply Granted => new()
    {
        AcquireAllLocks = new AcquireAllLocksResponse
        {
            Locks = { new LockGrant { Name = "b/c", Fence = 17, SessionId = Session, HolderId = "h" }, new LockGrant { Name = "a", Fence = 2, SessionId = Session, HolderId = "h" } },
        },
    };

    private static string Names(IEnumerable<string> names) => $$"""{"sessionId":"{{Session}}","locks":[{{string.Join(",", names.Select(n => $$"""{"name":"{{n}}"}"""))}}]}""";

    [Fact]
    public async Task AcquireAll_goes_to_the_sessions_slot_and_waits_longer_than_it_does()
    {
        host.Entities.AnswerWith(Granted);
        var body = $$"""
            {"sessionId":"{{Session}}","requestId":"r","holderId":"h","locks":[{"name":"b/c","mode":"exclusive","permits":1,"limit":1},{"name":"a"}],"waitSeconds":1.5,"label":"l","flowId":"f","keepPlace":true}
            """;

        var json = await host.JsonAsync("POST /v1/locks:acquireAll", body);

        Assert.Equal(
            $$"""{"locks":[{"name":"b/c","fence":"17","mode":"exclusive","sessionId":"{{Session}}","holderId":"h"},{"name":"a","fence":"2","mode":"exclusive","sessionId":"{{Session}}","holderId":"h"}]}""",
            json);
        var request = new AcquireAllLocksRequest
        {
            SessionId = Session, RequestId = "r", HolderId = "h", WaitSeconds = 1.5, Label = "l", FlowId = "f", KeepPlace = true, Attempt = 1, Locks = { new LockWish { Name = "b/c" }, new LockWish { Name = "a" } },
        };
        Assert.Equal(new Command { Entity = "session/7", RequestId = "r", Attempt = 1, TimeoutMs = 6500, AcquireAllLocks = request }, host.Entities.OnlyCommand);
    }

    [Fact]
    public async Task The_holder_is_the_request_when_none_is_given()
    {
        host.Entities.AnswerWith(Granted);
        await new Locks.LocksClient(host.Grpc).AcquireAllAsync(new() { SessionId = Session, Locks = { new LockWish { Name = "a" } } });
        var command = host.Entities.OnlyCommand;
        Assert.NotEmpty(command.RequestId);
        Assert.Equal(command.RequestId, command.AcquireAllLocks.HolderId);
    }

    [Fact]
    public async Task A_refusal_names_the_lock()
    {
        host.Entities.AnswerWith(Replies.Failure(ErrorCode.LockHeld, "lock 'a' is held", Replies.Details(("lock", "a"))));
        using var response = await host.SendAsync("POST /v1/locks:acquireAll", Names(["a"]));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("""{"code":"LOCK_HELD","message":"lock 'a' is held","details":{"lock":"a"}}""", (await response.Content.ReadAsStringAsync()).Replace(": ", ":", StringComparison.Ordinal).Replace(", ", ",", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"sessionId":"S","locks":[]}""", "locks are 0")]
    [InlineData("""{"sessionId":"S","locks":[{"name":"a"},{"name":"b"},{"name":"a"}]}""", "locks[2].name")]
    [InlineData("""{"sessionId":"S","locks":[{"name":"a"},{"name":""}]}""", "locks[1].name")]
    [InlineData("""{"sessionId":"S","locks":[{"name":"a","permits":7}]}""", "locks[0].permits")]
    [InlineData("""{"sessionId":"S","locks":[{"name":"a"}],"waitSeconds":61}""", "waitSeconds")]
    [InlineData("""{"locks":[{"name":"a"}]}""", "sessionId")]
    public async Task What_is_wrong_is_named(string body, string says)
    {
        using var response = await host.SendAsync("POST /v1/locks:acquireAll", body.Replace("\"S\"", $"\"{Session}\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_are_1_to_128_of_them()
    {
        host.Entities.AnswerWith(Granted);
        await host.JsonAsync("POST /v1/locks:acquireAll", Names(Enumerable.Range(0, Limits.LocksPerAcquireAll).Select(i => $"l{i}")));
        using var response = await host.SendAsync("POST /v1/locks:acquireAll", Names(Enumerable.Range(0, Limits.LocksPerAcquireAll + 1).Select(i => $"l{i}")));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("128", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CancelAll_takes_it_back_by_its_request_id()
    {
        host.Entities.AnswerWith(new Reply { CancelAllLocks = new CancelAllLocksResponse { Cancelled = true } });
        Assert.Equal("""{"cancelled":true}""", await host.JsonAsync("POST /v1/locks:cancelAll", $$"""{"sessionId":"{{Session}}","requestId":"r"}"""));
        var command = host.Entities.OnlyCommand;
        Assert.Equal(("session/7", "", "r"), (command.Entity, command.RequestId, command.CancelAllLocks.RequestId));
    }

    [Fact]
    public async Task A_cancelled_grpc_call_takes_its_attempt_back()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelAllLocks is not null) return new Reply { CancelAllLocks = new CancelAllLocksResponse { Cancelled = true } };
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return new Reply();
        };
        using var cancel = new CancellationTokenSource();
        var request = new AcquireAllLocksRequest { SessionId = Session, RequestId = "r1", Attempt = 3, WaitSeconds = 30, Locks = { new LockWish { Name = "a" } } };
        var call = new Locks.LocksClient(host.Grpc).AcquireAllAsync(request, cancellationToken: cancel.Token);
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(async () => await call);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (host.Entities.Asked.All(c => c.CancelAllLocks is null)) await Task.Delay(10, patience.Token);
        var told = Assert.Single(host.Entities.Asked, c => c.CancelAllLocks is not null);
        Assert.Equal("session/7", told.Entity);
        Assert.Equal(new CancelAllLocksRequest { SessionId = Session, RequestId = "r1", OnlyAttemptsTo = 3 }, told.CancelAllLocks);
    }
}
