using System.Net;
using AkkaHa.ClientApi;
using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using Xunit;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>The node dies that owns a lock and the slot of its holder's session, and the holder is never heard of again. Nobody asks for the lock: its end is seen by whoever watches.</summary>
public sealed class SleepingLockTests
{
    private const double TtlSeconds = 8;

    [Fact]
    public async Task A_lock_whose_holder_and_owner_have_died_comes_free_without_anybodys_asking()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 3);
        var owners = await cluster.WaitSettledAsync([.. cluster.Nodes]);
        var shards = new ShardMap(owners.Length);
        var victim = cluster.Nodes[0];
        var other = cluster.Nodes[1];
        var name = Enumerable.Range(0, 1000).Select(i => $"sleeping/{i}").First(n => owners[shards.ShardOf(EntityId.Lock(n))] == victim.Address);

        await using var client = AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = string.Join(',', cluster.Nodes.Skip(1).Select(n => n.GrpcUrl)) });
        using var enough = new CancellationTokenSource(ClusterUnderTest.Patience);
        // The watch begins by itself, some time after it is asked for.
        var begun = new TaskCompletionSource();
        var options = new WatchOptions { Progress = _ => begun.TrySetResult() };
        await using var events = client.Locks.WatchLockAsync(name, options: options, cancellationToken: enough.Token).GetAsyncEnumerator(enough.Token);
        var seen = events.MoveNextAsync();
        await begun.Task.WaitAsync(enough.Token);
        string session;
        do
        {
            var (status, body) = await cluster.SendAsync(other, HttpMethod.Post, "/v1/sessions", $$"""{"ttlSeconds":{{TtlSeconds}}}""");
            session = status == HttpStatusCode.OK ? body.GetProperty("sessionId").GetString()! : "";
        }
        while (!SessionId.TryParse(session, out var id) || owners[id.Slot] != victim.Address);
        var acquired = await cluster.SendUntilServedAsync(other, HttpMethod.Post, $"/v1/locks/{name}:acquire", $$"""{"sessionId":"{{session}}"}""");
        Assert.Equal(HttpStatusCode.OK, acquired.Status);
        Assert.True(await seen);
        Assert.Equal(LockEventType.Granted, events.Current.Type);

        await victim.KillAsync();
        Assert.True(await events.MoveNextAsync());
        Assert.Equal((LockEventType.Expired, 1L), (events.Current.Type, events.Current.Fence.Value));
    }
}
