using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Locks;

public sealed class ListAndWatchTests
{
    [Fact]
    public async Task Locks_and_sessions_are_listed_over_all_pages()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<ListLocksRequest, ListLocksResponse>(r => r.After.Length == 0
            ? new ListLocksResponse { Locks = { new Messages.V1.LockState { Name = "a/1", LastFence = 3 } }, Next = "a/1" }
            : new ListLocksResponse { Locks = { new Messages.V1.LockState { Name = "a/2", LastFence = 4 } } });
        node.On<ListSessionsRequest, ListSessionsResponse>(r => r.After.Length == 0
            ? new ListSessionsResponse { Sessions = { new Messages.V1.SessionState { SessionId = "3-x", TtlSeconds = 10, Label = "w" } }, Next = "3-x" }
            : new ListSessionsResponse());
        await using var client = TestClient.Connect(node);

        var locks = new List<ClientApi.LockState>();
        await foreach (var state in client.Locks.ListAsync("a/", pageSize: 1)) locks.Add(state);
        var sessions = new List<ClientApi.SessionState>();
        await foreach (var state in client.Sessions.ListAsync()) sessions.Add(state);

        Assert.Equal([("a/1", 3L), ("a/2", 4L)], locks.Select(l => (l.Name, l.LastFence.Value)));
        Assert.Equal([("", 1), ("a/1", 1)], node.Seen<ListLocksRequest>().Select(r => (r.After, r.Limit)));
        Assert.Equal(("3-x", "w"), (Assert.Single(sessions).Id.Text, sessions[0].Label));
    }

    [Fact]
    public async Task A_watch_of_locks_tells_every_event_and_goes_on_after_a_break()
    {
        await using var node = await FakeNode.StartAsync();
        node.OnWatchLocks(async (r, events, context) =>
        {
            if (r.From.Length == 0)
            {
                await events.WriteAsync(new Messages.V1.LockEvent { Position = "8" });
                await events.WriteAsync(new Messages.V1.LockEvent { Position = "9", Type = Messages.V1.LockEventType.Granted, Name = "l", Fence = 5, SessionId = "3-x", HolderId = "h", Mode = Messages.V1.LockMode.Shared });
                return;
            }
            await events.WriteAsync(new Messages.V1.LockEvent { Position = "10", Type = Messages.V1.LockEventType.Forced, Name = "l", Fence = 5, Reason = "stuck" });
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        await using var client = TestClient.Connect(node);

        var seen = new List<ClientApi.LockEvent>();
        await foreach (var e in client.Locks.WatchLockAsync("l"))
        {
            seen.Add(e);
            if (seen.Count == 2) break;
        }

        Assert.Equal(new ClientApi.LockEvent(ClientApi.LockEventType.Granted, "l", new Fence(5), ClientApi.LockMode.Shared, "3-x", "h", "", new WatchPosition("9")), seen[0]);
        Assert.Equal((ClientApi.LockEventType.Forced, "stuck", "10"), (seen[1].Type, seen[1].Reason, seen[1].Position.Text));
        Assert.Equal(["", "9"], node.Seen<WatchLocksRequest>().Select(w => w.From));
        Assert.All(node.Seen<WatchLocksRequest>(), w => Assert.Equal("l", w.Name));
    }
}
