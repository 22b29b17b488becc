using System.Net.Sockets;
using System.Text;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class CallerGoneTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Long enough for a slow machine to bring the call to the node.</summary>
    private static readonly TimeSpan UntilItWaits = TimeSpan.FromSeconds(5);

    private readonly ApiHost host;
    private readonly TaskCompletionSource waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CallerGoneTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelLock is not null) return Cancelled;
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return new Reply();
        };
    }

    private static Reply Cancelled => new() { CancelLock = new CancelLockResponse { Cancelled = true } };

    private IReadOnlyList<Command> Cancels => [.. host.Entities.Asked.Where(c => c.CancelLock is not null)];

    [Fact]
    public async Task A_cancelled_grpc_call_takes_its_acquire_back()
    {
        using var cancel = new CancellationTokenSource();
        var request = new AcquireLockRequest { Name = "a/b", SessionId = Session, RequestId = "r1", WaitSeconds = 30 };
        var call = new Locks.LocksClient(host.Grpc).AcquireAsync(request, cancellationToken: cancel.Token);
        await waiting.Task.WaitAsync(Patience);

        await cancel.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        AssertTakenBack(await ToldAsync(), "r1");
    }

    [Fact]
    public async Task A_grpc_deadline_that_passes_takes_the_acquire_back()
    {
        var request = new AcquireLockRequest { Name = "a/b", SessionId = Session, RequestId = "r2", WaitSeconds = 30 };

        await Assert.ThrowsAsync<RpcException>(async () =>
            await new Locks.LocksClient(host.Grpc).AcquireAsync(request, deadline: DateTime.UtcNow.Add(UntilItWaits)));

        AssertTakenBack(await ToldAsync(), "r2");
    }

    [Fact]
    public async Task A_dropped_http_connection_takes_the_acquire_back_also_by_an_id_that_the_edge_made()
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(host.HttpAddress.Host, host.HttpAddress.Port);
            var body = $$"""{"sessionId":"{{Session}}","waitSeconds":30}""";
            var request = $"POST /v1/locks/a%2Fb:acquire HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
            await waiting.Task.WaitAsync(Patience);
        }

        AssertTakenBack(await ToldAsync(), host.Entities.Asked[0].RequestId);
    }

    /// <summary>Nobody knows the id that the edge has made: a place that is kept for it would only be in the way, and a grant that came later would be nobody's.</summary>
    [Theory]
    [InlineData(ErrorCode.LockHeld, "", true)]
    [InlineData(ErrorCode.OutcomeUnknown, "", true)]
    [InlineData(ErrorCode.LockHeld, "mine", false)]
    [InlineData(ErrorCode.OutcomeUnknown, "mine", false)]
    public async Task A_request_without_an_id_leaves_nothing_behind_when_it_is_refused_after_waiting(ErrorCode code, string requestId, bool isTakenBack)
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.CancelLock is not null ? Cancelled : new Reply { Failure = new Failure { Code = code, Message = "for now" } });

        await Assert.ThrowsAsync<RpcException>(async () => await new Locks.LocksClient(host.Grpc).AcquireAsync(new AcquireLockRequest { Name = "a/b", SessionId = Session, RequestId = requestId, WaitSeconds = 1 }));

        if (isTakenBack) AssertTakenBack(await ToldAsync(), host.Entities.Asked[0].RequestId);
        else
        {
            await Task.Delay(200);
            Assert.Empty(Cancels);
        }
    }

    [Fact]
    public async Task A_dropped_http_connection_leaves_an_acquire_with_an_id_of_its_own_for_the_repeat()
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(host.HttpAddress.Host, host.HttpAddress.Port);
            var body = $$"""{"sessionId":"{{Session}}","waitSeconds":30,"requestId":"mine"}""";
            var request = $"POST /v1/locks/a%2Fb:acquire HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
            await waiting.Task.WaitAsync(Patience);
        }

        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Empty(Cancels);
    }

    [Fact]
    public async Task A_grant_that_comes_as_the_caller_goes_is_given_back()
    {
        using var cancel = new CancellationTokenSource();
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelLock is not null) return Cancelled;
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct).ContinueWith(_ => { }, TaskScheduler.Default);
            return new Reply { LockGrant = new LockGrant { Name = "a/b", Fence = 1 } };
        };
        var request = new AcquireLockRequest { Name = "a/b", SessionId = Session, RequestId = "r3" };
        var call = new Locks.LocksClient(host.Grpc).AcquireAsync(request, cancellationToken: cancel.Token);
        await waiting.Task.WaitAsync(Patience);

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(async () => await call);
        AssertTakenBack(await ToldAsync(), "r3");
    }

    [Fact]
    public async Task A_cancelled_grpc_call_takes_its_upgrade_back()
    {
        using var cancel = new CancellationTokenSource();
        var request = new UpgradeLockRequest { Name = "a/b", SessionId = Session, Fence = 1, RequestId = "r4", WaitSeconds = 30 };
        var call = new Locks.LocksClient(host.Grpc).UpgradeAsync(request, cancellationToken: cancel.Token);
        await waiting.Task.WaitAsync(Patience);

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(async () => await call);
        AssertTakenBack(await ToldAsync(), "r4");
    }

    [Fact]
    public async Task A_caller_that_waits_for_its_answer_takes_nothing_back()
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = "a", Fence = 1 } });

        await new Locks.LocksClient(host.Grpc).AcquireAsync(new AcquireLockRequest { Name = "a", SessionId = Session });

        Assert.Empty(Cancels);
    }

    /// <summary>The first gets no answer, the next finds the shard on its way.</summary>
    [Fact]
    public async Task What_is_taken_back_is_taken_back_again_until_it_is_answered()
    {
        var cancels = 0;
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelLock is not null)
                return ++cancels < 3 ? new Reply { Failure = new Failure { Code = cancels == 1 ? ErrorCode.OutcomeUnknown : ErrorCode.Unavailable, Message = "lost" } } : Cancelled;
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return new Reply();
        };
        using var cancel = new CancellationTokenSource();
        var call = new Locks.LocksClient(host.Grpc).AcquireAsync(new AcquireLockRequest { Name = "a/b", SessionId = Session, RequestId = "r5", WaitSeconds = 30 }, cancellationToken: cancel.Token);
        await waiting.Task.WaitAsync(Patience);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(async () => await call);
        using var patience = new CancellationTokenSource(Patience);
        while (Cancels.Count < 3) await Task.Delay(10, patience.Token);
        await Task.Delay(TimeSpan.FromSeconds(1), patience.Token);
        Assert.Equal(3, Cancels.Count);
        Assert.All(Cancels, told => AssertTakenBack(told, "r5"));
    }

    private static void AssertTakenBack(Command told, string requestId)
    {
        Assert.Equal("lock/a/b", told.Entity);
        Assert.Equal(new CancelLockRequest { Name = "a/b", SessionId = Session, RequestId = requestId, OnlyAttemptsTo = 1 }, told.CancelLock);
        Assert.Equal("", told.RequestId);
    }

    private async Task<Command> ToldAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (Cancels.Count == 0) await Task.Delay(10, patience.Token);
        Assert.Empty(host.Log.Errors);
        return Assert.Single(Cancels);
    }
}
