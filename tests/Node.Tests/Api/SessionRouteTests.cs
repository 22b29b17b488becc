using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class SessionRouteTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private readonly ApiHost host;

    public SessionRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private Sessions.SessionsClient Grpc => new(host.Grpc);

    [Fact]
    public async Task Create_asks_the_slot_of_the_request_id_with_an_id_of_that_slot()
    {
        host.Entities.AnswerWith(new Reply { CreateSession = new CreateSessionResponse { SessionId = Session, TtlSeconds = 10 } });

        var json = await host.JsonAsync("POST /v1/sessions", """{"ttlSeconds":10,"label":"worker-1","requestId":"r","attempt":2}""");

        Assert.Equal($$"""{"sessionId":"{{Session}}","ttlSeconds":10}""", json);
        var command = host.Entities.OnlyCommand;
        Assert.Equal((host.Entities.Shards.SessionSlotFor("r").ToString(), "r", 2u), (command.Entity, command.RequestId, command.Attempt));
        Assert.Equal(new CreateSessionRequest { TtlSeconds = 10, Label = "worker-1", RequestId = "r", Attempt = 2 }, command.CreateSession.Request);
        Assert.True(SessionId.TryParse(command.CreateSession.SessionId, out var id));
        Assert.Equal(command.Entity, id.Entity.ToString());
    }

    [Fact]
    public async Task An_empty_post_creates_a_session_with_the_default_time_to_live()
    {
        host.Entities.AnswerWith(new Reply { CreateSession = new CreateSessionResponse { SessionId = Session } });

        await host.JsonAsync("POST /v1/sessions");
        await host.JsonAsync("POST /v1/sessions", "");

        Assert.Equal([10, 10], host.Entities.Asked.Select(c => c.CreateSession.Request.TtlSeconds));
        Assert.NotEqual(host.Entities.Asked[0].CreateSession.SessionId, host.Entities.Asked[1].CreateSession.SessionId);
    }

    [Fact]
    public async Task A_keep_alive_may_have_a_request_id_and_attempt()
    {
        host.Entities.AnswerWith(new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 10 } });

        await host.JsonAsync($"POST /v1/sessions/{Session}:keepAlive", """{"requestId":"r","attempt":2}""");

        Assert.Equal(("session/7", ""), (host.Entities.OnlyCommand.Entity, host.Entities.OnlyCommand.RequestId));
    }

    [Fact]
    public async Task Other_calls_go_to_the_slot_in_the_session_id()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.BodyCase switch
        {
            Command.BodyOneofCase.KeepAlive => new Reply { KeepAlive = new KeepAliveResponse { TtlSeconds = 10 } },
            Command.BodyOneofCase.GetSession => new Reply { Session = new SessionState { SessionId = Session, TtlSeconds = 10, RemainingSeconds = 7.2, Locks = { "a" } } },
            _ => new Reply { CloseSession = new CloseSessionResponse { SessionId = Session } },
        });

        Assert.Equal("""{"ttlSeconds":10,"lost":[],"lostPosition":"0"}""", await host.JsonAsync($"POST /v1/sessions/{Session}:keepAlive", "{}"));
        Assert.Equal(
            $$"""{"sessionId":"{{Session}}","ttlSeconds":10,"remainingSeconds":7.2,"label":"","locks":["a"]}""",
            await host.JsonAsync($"GET /v1/sessions/{Session}"));
        Assert.Equal($$"""{"sessionId":"{{Session}}"}""", await host.JsonAsync($"DELETE /v1/sessions/{Session}?requestId=r"));
        Assert.Equal(10, (await Grpc.KeepAliveAsync(new() { SessionId = Session })).TtlSeconds);
        Assert.Equal(7.2, (await Grpc.GetAsync(new() { SessionId = Session })).RemainingSeconds);
        Assert.Equal(Session, (await Grpc.CloseAsync(new() { SessionId = Session })).SessionId);

        Assert.All(host.Entities.Asked, c => Assert.Equal("session/7", c.Entity));
        Assert.Equal(("r", 1u), (host.Entities.Asked[2].RequestId, host.Entities.Asked[2].Attempt));
    }
}
