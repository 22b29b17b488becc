using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Keys;

public sealed class PutOptionsTests
{
    [Fact]
    public async Task All_of_it_is_sent_and_nothing_that_was_not_said()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var session = await client.Sessions.GetOwnAsync();

        await client.Keys.PutAsync("k", "v", new PutOptions());
        await client.Keys.PutAsync("k", "v", new PutOptions { Ttl = TimeSpan.FromMilliseconds(1500), Session = session.Id, IfRevision = Revision.Absent, Guard = new Guard("l", new Fence(17)) });

        var puts = node.Seen<PutKeyRequest>();
        Assert.False(puts[0].HasTtlSeconds || puts[0].HasSessionId || puts[0].HasIfRevision || puts[0].HasLock || puts[0].HasFence);
        Assert.Equal((1.5, session.Id.Text, 0, "l", 17), (puts[1].TtlSeconds, puts[1].SessionId, puts[1].IfRevision, puts[1].Lock, puts[1].Fence));
    }

    /// <summary>The servers make a transaction of these: what became of it can be asked under its id.</summary>
    [Fact]
    public async Task A_write_that_may_have_been_done_names_the_id_by_which_that_can_be_found_out()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(TestClient.SoonTired, node);
        var session = await client.Sessions.GetOwnAsync();
        node.HangUpOn<PutKeyRequest>().HangUpOn<DeleteKeyRequest>();
        var guard = new Guard("l", new Fence(1));

        async Task<string> IdAsync(Func<Task> write) => (await Assert.ThrowsAsync<OutcomeUnknownException>(write)).RequestId!;
        string Put(string key) => node.Seen<PutKeyRequest>().First(r => r.Key == key).RequestId;
        var ids = await Task.WhenAll(
            IdAsync(() => client.Keys.PutAsync("a", "v")), IdAsync(() => client.Keys.PutAsync("b", "v", guard: guard)),
            IdAsync(() => client.Keys.PutAsync("c", "v", new PutOptions { Session = session.Id })), IdAsync(() => client.Keys.DeleteAsync("d", guard: guard)));
        Assert.Equal([Put("a"), "guarded:" + Put("b"), "guarded:" + Put("c"), "guarded:" + node.Seen<DeleteKeyRequest>()[0].RequestId], ids);
    }

    [Fact]
    public async Task A_lock_is_a_guard_and_is_lost_when_it_is_refused()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<PutKeyRequest>(ErrorCode.FenceStale);
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireAsync("l");
        await Assert.ThrowsAsync<FenceStaleException>(() => client.Keys.PutAsync("k", "v", new PutOptions { Guard = held }));
        Assert.True(held.IsLost);
        // Of another's fence nobody here need be told.
        await Assert.ThrowsAsync<FenceStaleException>(() => client.Keys.PutAsync("k", "v", guard: new Guard("m", new Fence(3))));
        await using AcquiredLock? none = null;
        await Assert.ThrowsAsync<FenceStaleException>(() => client.Keys.PutAsync("k", "v", guard: none));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.0005)]
    [InlineData(-1)]
    [InlineData(366 * 86_400.0)]
    public async Task A_time_to_live_beyond_the_limits_is_not_sent(double seconds)
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var wrong = await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Keys.PutAsync("k", "v", new PutOptions { Ttl = TimeSpan.FromSeconds(seconds) }));
        Assert.Contains("365 days", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidArgumentException>(() => new TransactionBuilder().Then(t => t.Put("k", "v", TimeSpan.FromSeconds(seconds))));
        Assert.Empty(node.Seen<PutKeyRequest>());
    }

    [Fact]
    public async Task A_session_that_is_refused_as_ended_is_lost_if_it_is_the_clients_own()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<PutKeyRequest>(ErrorCode.SessionExpired);
        await using var client = TestClient.Connect(node);
        var own = await client.Sessions.GetOwnAsync();

        await Assert.ThrowsAsync<SessionExpiredException>(() => client.Keys.PutAsync("k", "v", new PutOptions { Session = SessionId.Create(3, Guid.Empty) }));
        Assert.False(own.IsLost);
        await Assert.ThrowsAsync<SessionExpiredException>(() => client.Keys.PutAsync("k", "v", new PutOptions { Session = own.Id }));

        Assert.True(own.IsLost);
        Assert.True(own.LostToken.IsCancellationRequested);
        Assert.NotEqual(own.Id, (await client.Sessions.GetOwnAsync()).Id);
    }

    [Fact]
    public async Task The_clients_own_session_is_the_one_that_its_locks_hang_on()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        var own = await client.Sessions.GetOwnAsync();
        await using var held = await client.Locks.AcquireAsync("l");
        Assert.Equal((own.Id, own.Id), (held.SessionId, await client.Sessions.GetOwnIdAsync()));
        Assert.Equal(TimeSpan.FromSeconds(10), own.Ttl);
        await client.DisposeAsync();
        Assert.True(own.IsLost);
    }
}
