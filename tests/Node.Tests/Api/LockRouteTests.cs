using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class LockRouteTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private readonly ApiHost host;

    public LockRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private Locks.LocksClient Grpc => new(host.Grpc);

    [Fact]
    public async Task Acquire_over_http_waits_longer_than_the_lock_does()
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = "a/b", Fence = 17, SessionId = Session, HolderId = "h" } });
        var body = $$"""{"sessionId":"{{Session}}","requestId":"r","holderId":"h","mode":"exclusive","waitSeconds":1.5,"label":"l"}""";

        var json = await host.JsonAsync("POST /v1/locks/a/b:acquire", body);

        Assert.Equal($$"""{"name":"a/b","fence":"17","mode":"exclusive","sessionId":"{{Session}}","holderId":"h"}""", json);
        var request = new AcquireLockRequest { Name = "a/b", SessionId = Session, RequestId = "r", HolderId = "h", WaitSeconds = 1.5, Label = "l", Attempt = 1 };
        Assert.Equal(new Command { Entity = "lock/a/b", RequestId = "r", Attempt = 1, TimeoutMs = 6500, AcquireLock = request }, host.Entities.OnlyCommand);
        Assert.Equal(TimeSpan.FromSeconds(6.5), host.Entities.LastTimeout);
    }

    [Fact]
    public async Task One_permit_of_one_is_what_exclusive_means_and_the_lock_hears_nothing_of_it()
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = "a/b", Fence = 17 } });
        var body = $$"""{"sessionId":"{{Session}}","requestId":"r","holderId":"h","mode":"exclusive","permits":1,"limit":1,"waitSeconds":0,"label":"l"}""";

        await host.JsonAsync("POST /v1/locks/a/b:acquire", body);

        var request = new AcquireLockRequest { Name = "a/b", SessionId = Session, RequestId = "r", HolderId = "h", Label = "l", Attempt = 1 };
        Assert.Equal(request, host.Entities.OnlyCommand.AcquireLock);
    }

    [Fact]
    public async Task A_cancel_may_say_which_attempt_it_is()
    {
        host.Entities.AnswerWith(new Reply { CancelLock = new CancelLockResponse { Name = "a", Cancelled = true } });

        await host.JsonAsync("POST /v1/locks/a:cancel", $$"""{"sessionId":"{{Session}}","requestId":"r","attempt":2}""");

        Assert.Equal("r", host.Entities.OnlyCommand.CancelLock.RequestId);
    }

    [Fact]
    public async Task The_holder_is_the_request_when_none_is_given()
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = "a" } });

        await Grpc.AcquireAsync(new() { Name = "a", SessionId = Session });

        var command = host.Entities.OnlyCommand;
        Assert.NotEmpty(command.RequestId);
        Assert.Equal((command.RequestId, command.RequestId), (command.AcquireLock.HolderId, command.AcquireLock.RequestId));
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a:b", "a:b")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a:acquire", "a:acquire")]
    [InlineData("a%3Aacquire", "a:acquire")]
    public async Task A_lock_in_a_path_may_have_slashes_and_colons(string escaped, string name)
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = name } });

        await host.JsonAsync($"POST /v1/locks/{escaped}:acquire", $$"""{"name":"{{name}}","sessionId":"{{Session}}"}""");

        Assert.Equal((name, $"lock/{name}"), (host.Entities.OnlyCommand.AcquireLock.Name, host.Entities.OnlyCommand.Entity));
    }

    [Fact]
    public async Task Release_cancel_and_get_reach_the_lock_over_both_transports()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.BodyCase switch
        {
            Command.BodyOneofCase.ReleaseLock => new Reply { ReleaseLock = new ReleaseLockResponse { Name = "a/b", Fence = 17 } },
            Command.BodyOneofCase.CancelLock => new Reply { CancelLock = new CancelLockResponse { Name = "a/b", Cancelled = true } },
            _ => new Reply { Lock = new LockState { Name = "a/b", LastFence = 17, Holders = { new LockHolder { SessionId = Session, Fence = 17, HeldSeconds = 2.5 } } } },
        });

        Assert.Equal("""{"name":"a/b","fence":"17"}""", await host.JsonAsync("POST /v1/locks/a/b:release", $$"""{"sessionId":"{{Session}}","fence":"17"}"""));
        Assert.Equal("""{"name":"a/b","cancelled":true}""", await host.JsonAsync("POST /v1/locks/a/b:cancel", $$"""{"sessionId":"{{Session}}","requestId":"r"}"""));
        Assert.Equal(
            $$"""{"name":"a/b","lastFence":"17","holders":[{"sessionId":"{{Session}}","holderId":"","label":"","mode":"exclusive","fence":"17","heldSeconds":2.5}],"waiters":[]}""",
            await host.JsonAsync("GET /v1/locks/a/b"));
        Assert.Equal(17, (await Grpc.ReleaseAsync(new() { Name = "a/b", SessionId = Session, Fence = 17 })).Fence);
        Assert.True((await Grpc.CancelAsync(new() { Name = "a/b", SessionId = Session, RequestId = "r" })).Cancelled);
        Assert.Equal(17, (await Grpc.GetAsync(new() { Name = "a/b" })).LastFence);

        Assert.All(host.Entities.Asked, c => Assert.Equal("lock/a/b", c.Entity));
    }

    [Fact]
    public async Task A_cancel_has_no_request_id_of_its_own_since_the_acquires_outcome_would_answer_it()
    {
        host.Entities.AnswerWith(new Reply { CancelLock = new CancelLockResponse() });

        await Grpc.CancelAsync(new() { Name = "a", SessionId = Session, RequestId = "r" });

        Assert.Equal(("", "r"), (host.Entities.OnlyCommand.RequestId, host.Entities.OnlyCommand.CancelLock.RequestId));
    }
}
