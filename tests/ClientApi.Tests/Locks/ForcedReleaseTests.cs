using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Locks;

public sealed class ForcedReleaseTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task The_holder_hears_of_it_with_the_next_keepalive_and_its_other_locks_are_not_lost()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await using var forced = await client.Locks.AcquireAsync("a");
        await using var other = await client.Locks.AcquireAsync("b");
        node.On<KeepAliveRequest, KeepAliveResponse>(_ => new KeepAliveResponse
        {
            TtlSeconds = 10, LostPosition = 7, Lost = { new LostHolding { Name = "a", Fence = forced.Fence, Reason = "forced: test" }, new LostHolding { Name = "b", Fence = other.Fence + 100 } },
        });

        await _time.PassUntil(() => forced.LostToken.IsCancellationRequested);
        await _time.PassUntil(() => node.Seen<KeepAliveRequest>().Count >= 2);

        Assert.True(forced.IsLost);
        Assert.False(other.IsLost);
        Assert.Equal([0ul, 7ul], node.Seen<KeepAliveRequest>().Take(2).Select(k => k.LostSeen));
    }

    [Fact]
    public async Task A_loss_that_overtakes_the_grant_is_not_forgotten()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<KeepAliveRequest, KeepAliveResponse>(_ => new KeepAliveResponse { TtlSeconds = 10, LostPosition = 1, Lost = { new LostHolding { Name = "a", Fence = 77 } } });
        node.On<AcquireLockRequest, LockGrant>(r => new LockGrant { Name = r.Name, Fence = 77, SessionId = r.SessionId, HolderId = r.HolderId });
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await client.Sessions.GetOwnAsync();
        await _time.PassUntil(() => node.Seen<KeepAliveRequest>().Count >= 2);

        await using var held = await client.Locks.AcquireAsync("a");

        await TestClient.Until(() => held.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task An_upgraded_lock_is_lost_by_its_present_fence()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time }, node);
        await using var held = await client.Locks.AcquireUpgradeableAsync("a");
        var before = held.Fence;
        await held.UpgradeAsync();
        long gone = before;
        node.On<KeepAliveRequest, KeepAliveResponse>(_ => new KeepAliveResponse { TtlSeconds = 10, Lost = { new LostHolding { Name = "a", Fence = Volatile.Read(ref gone) } } });

        await _time.PassUntil(() => node.Seen<KeepAliveRequest>().Count >= 2);
        Assert.False(held.IsLost);
        Volatile.Write(ref gone, held.Fence);

        await _time.PassUntil(() => held.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Releasing_by_force_tells_which_grants_it_ended()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        Assert.Equal([new Fence(5)], await client.Locks.ForceReleaseAsync("a", "stuck", new Fence(5)));
        var asked = Assert.Single(node.Seen<ForceReleaseLockRequest>());
        Assert.Equal(("a", "stuck", 5, 1u), (asked.Name, asked.Reason, asked.Fence, asked.Attempt));
    }

    [Fact]
    public async Task A_session_is_not_kept_alive_beyond_its_longest_life()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(new AkkaHaClientOptions { TimeProvider = _time, SessionMaxLifetime = TimeSpan.FromSeconds(20) }, node);
        var begun = _time.GetUtcNow();
        await using var held = await client.Locks.AcquireAsync("a");

        await _time.PassUntil(() => held.LostToken.IsCancellationRequested || _time.GetUtcNow() >= begun.AddSeconds(18.6));
        // In so small steps that the loss is heard of in time on any machine.
        await _time.PassUntil(() => held.LostToken.IsCancellationRequested, stepMs: 2);
        // Kept alive until 10 s before its end at the latest; lost a second before it runs out.
        Assert.InRange((_time.GetUtcNow() - begun).TotalSeconds, 15, 19.2);
        Assert.InRange(node.Seen<KeepAliveRequest>().Count, 2, 3);
        await using var next = await client.Locks.AcquireAsync("a");
        Assert.NotEqual(held.SessionId, next.SessionId);
    }
}
