using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Upgrade, force-release, lists and watches of locks, as they come in and go out.</summary>
public sealed class LockListRouteTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";

    private static readonly LockEvent[] Two =
    [
        new() { Position = "88" },
        new() { Position = "89", Type = LockEventType.Forced, Name = "a/b", Fence = 17, SessionId = Session, HolderId = "h", Mode = LockMode.Shared, Reason = "forced: why" },
    ];

    private readonly ApiHost host;

    public LockListRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private Locks.LocksClient Grpc => new(host.Grpc);

    [Fact]
    public async Task An_upgrade_waits_longer_than_the_lock_does()
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = "a/b", Fence = 18, Mode = LockMode.Exclusive, SessionId = Session, HolderId = "h" } });

        var json = await host.JsonAsync("POST /v1/locks/a/b:upgrade", $$"""{"sessionId":"{{Session}}","fence":"17","waitSeconds":1.5,"requestId":"r"}""");

        Assert.Equal($$"""{"name":"a/b","fence":"18","mode":"exclusive","sessionId":"{{Session}}","holderId":"h"}""", json);
        var request = new UpgradeLockRequest { Name = "a/b", SessionId = Session, Fence = 17, WaitSeconds = 1.5, RequestId = "r", Attempt = 1 };
        Assert.Equal(new Command { Entity = "lock/a/b", RequestId = "r", Attempt = 1, TimeoutMs = 6500, UpgradeLock = request }, host.Entities.OnlyCommand);
    }

    [Fact]
    public async Task A_forced_release_names_what_it_has_ended()
    {
        host.Entities.AnswerWith(new Reply { ForceReleaseLock = new ForceReleaseLockResponse { Name = "a/b", Fences = { 17, 18 } } });

        Assert.Equal("""{"name":"a/b","fences":["17","18"]}""", await host.JsonAsync("POST /v1/locks/a/b:forceRelease", """{"reason":"why"}"""));

        var command = host.Entities.OnlyCommand;
        Assert.Equal(("lock/a/b", "why", 0L), (command.Entity, command.ForceReleaseLock.Reason, command.ForceReleaseLock.Fence));
        Assert.NotEmpty(command.RequestId);
    }

    [Theory]
    [InlineData("shared", "", LockMode.Shared, 0, 0)]
    [InlineData("upgradeable", "", LockMode.Upgradeable, 0, 0)]
    [InlineData("semaphore", "", LockMode.Semaphore, 1, 1)]
    [InlineData("semaphore", ""","permits":2,"limit":5""", LockMode.Semaphore, 2, 5)]
    [InlineData("semaphore", ""","limit":2147483647""", LockMode.Semaphore, 1, int.MaxValue)]
    public async Task Modes_come_in_as_they_are_called(string mode, string more, LockMode expected, int permits, int limit)
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant { Name = "a", Fence = 1, Mode = expected } });

        await host.JsonAsync("POST /v1/locks/a:acquire", $$"""{"sessionId":"{{Session}}","mode":"{{mode}}"{{more}}}""");

        var acquire = host.Entities.OnlyCommand.AcquireLock;
        Assert.Equal((expected, permits, limit), (acquire.Mode, acquire.Permits, acquire.Limit));
    }

    [Fact]
    public async Task A_list_is_not_taken_for_a_lock()
    {
        host.Locks.List = new ListLocksResponse { Locks = { new LockState { Name = "a/b", LastFence = 3 } }, Next = "a/b" };

        Assert.Equal("""{"locks":[{"name":"a/b","lastFence":"3","holders":[],"waiters":[]}],"next":"a/b"}""", await host.JsonAsync("GET /v1/locks?prefix=a/&after=a/a&limit=1"));

        Assert.Equal(new ListLocksRequest { Prefix = "a/", After = "a/a", Limit = 1 }, host.Locks.Listed);
        Assert.Empty(host.Entities.Asked);
    }

    [Theory]
    [InlineData("GET /v1/locks?limit=0", "limit")]
    [InlineData("GET /v1/locks?limit=1001", "1000")]
    [InlineData("GET /v1/locks?mode=shared", "mode")]
    [InlineData("GET /v1/locks:watch?prefix=a&name=b", "name")]
    [InlineData("GET /v1/locks:watch?key=a", "key")]
    public async Task Bad_questions_name_what_is_wrong(string request, string names)
    {
        using var response = await host.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains(names, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_called_watch_is_looked_at_and_a_watch_is_a_watch()
    {
        host.Entities.AnswerWith(new Reply { Lock = new LockState { Name = "watch" } });
        Assert.StartsWith("""{"name":"watch",""", await host.JsonAsync("GET /v1/locks/watch"), StringComparison.Ordinal);
        Assert.Equal("watch", host.Entities.OnlyCommand.GetLock.Name);

        (host.Locks.Events, host.Locks.End) = (Two, new RefusedException(Refusals.Of(ErrorCode.Unavailable, "it is over")));
        var lines = (await host.JsonAsync("GET /v1/locks:watch?name=a/b&from=87")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(new WatchLocksRequest { Name = "a/b", From = "87" }, host.Locks.Watched);
        Assert.Equal("""{"position":"88"}""", lines[0]);
        Assert.Equal($$"""{"position":"89","type":"forced","name":"a/b","fence":"17","sessionId":"{{Session}}","holderId":"h","mode":"shared","reason":"forced: why"}""", lines[1]);
        Assert.Contains("UNAVAILABLE", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_sent_events_have_ids_to_go_on_from()
    {
        (host.Locks.Events, host.Locks.End) = (Two, new RefusedException(Refusals.Of(ErrorCode.Unavailable, "it is over")));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/locks:watch", UriKind.Relative));
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", "86");
        using var response = await host.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal("86", host.Locks.Watched!.From);
        Assert.StartsWith("id: 88\nevent: heartbeat\ndata: {\"position\":\"88\"}\n\nid: 89\nevent: forced\ndata: {", text, StringComparison.Ordinal);
        Assert.Contains("event: error\ndata: {", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_grpc_the_end_of_a_watch_is_its_status()
    {
        (host.Locks.Events, host.Locks.End) = (Two, new RefusedException(Refusals.Of(ErrorCode.Compacted, "it is gone")));
        using var watch = Grpc.Watch(new WatchLocksRequest());
        var seen = new List<LockEvent>();
        var end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var one in watch.ResponseStream.ReadAllAsync()) seen.Add(one);
        });
        Assert.Equal(Two, seen);
        Assert.Equal(StatusCode.OutOfRange, end.StatusCode);
    }
}
