using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Recipes;

public sealed class ElectionTests(OneNode one) : IClassFixture<OneNode>, IAsyncLifetime
{
    private readonly AkkaHaClient _client = one.Cluster.Connect();
    private readonly CancellationTokenSource _over = new(ClusterUnderTest.Patience);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _over.Dispose();
        await _client.DisposeAsync();
    }

    [Fact]
    public async Task One_leads_at_a_time_in_the_order_of_asking_and_observers_see_each_of_them()
    {
        const string election = "order";
        Assert.Null(await _client.Elections.GetLeaderAsync(election));
        var seen = new List<string?>();
        var observing = Task.Run(async () =>
        {
            await foreach (var leader in _client.Elections.ObserveAsync(election, _over.Token))
            {
                lock (seen) seen.Add(leader?.Text);
                if (leader?.Text == "end") break;
            }
        });
        await Until(() => seen.Count == 1);

        var first = await _client.Elections.CampaignAsync(election, "first");
        await using var other = one.Cluster.Connect();
        var second = other.Elections.CampaignAsync(election, "second", cancellationToken: _over.Token);
        await ClusterUnderTest.EventuallyAsync(async () => (await _client.Locks.GetAsync("elections/order")).Waiters.Count == 1, "the second does not wait");
        await Assert.ThrowsAsync<LockHeldException>(() => _client.Elections.CampaignAsync(election, "hasty", TimeSpan.Zero));
        Assert.Equal(("first", first.Fence), ((await other.Elections.GetLeaderAsync(election))!.Text, (await other.Elections.GetLeaderAsync(election))!.Fence));
        await first.ProclaimAsync("first, still");
        await first.ResignAsync();

        await using var successor = await second;
        Assert.True(successor.Fence > first.Fence);
        Assert.Equal("second", (await _client.Elections.GetLeaderAsync(election))!.Text);
        await Assert.ThrowsAsync<FenceStaleException>(() => first.ProclaimAsync("not any more"));
        await successor.ProclaimAsync("end");
        await observing.WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal([null, "first", "first, still", null, "second", "end"], seen);
    }

    [Fact]
    public async Task A_leader_who_dies_is_followed_by_the_next_and_can_write_nothing_in_its_name_any_more()
    {
        const string election = "death";
        var unlucky = one.Cluster.Connect();
        var dead = await unlucky.Elections.CampaignAsync(election, "unlucky");
        await unlucky.Keys.PutAsync("led", "by the first", guard: dead.Lock);
        var next = _client.Elections.CampaignAsync(election, "next", cancellationToken: _over.Token);

        await _client.Sessions.CloseAsync(await unlucky.Sessions.GetOwnIdAsync());

        await using var leader = await next;
        await _client.Keys.PutAsync("led", "by the next", guard: leader.Lock);
        await Assert.ThrowsAsync<FenceStaleException>(() => unlucky.Keys.PutAsync("led", "too late", guard: dead.Lock));
        Assert.True(dead.IsLost);
        Assert.Equal("next", (await _client.Elections.GetLeaderAsync(election))!.Text);
        Assert.Equal("by the next", await _client.Keys.GetStringAsync("led"));
        await unlucky.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_held_the_lock_by_force_released_leads_no_more_also_to_those_who_ask()
    {
        const string election = "forced";
        var leader = await _client.Elections.CampaignAsync(election, "x");
        await using var other = one.Cluster.Connect();
        var seen = new List<string?>();
        var observing = Task.Run(async () =>
        {
            await foreach (var seenNow in other.Elections.ObserveAsync(election, _over.Token))
            {
                lock (seen) seen.Add(seenNow?.Text);
                if (seenNow is null) break;
            }
        });
        await Until(() => seen.Count == 1);

        await _client.Locks.ForceReleaseAsync("elections/forced", "test");

        // Its value is there still; it is nobody's.
        Assert.Null(await _client.Elections.GetLeaderAsync(election));
        await observing.WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(["x", null], seen);
        Assert.NotNull(await _client.Keys.GetAsync("elections/forced"));
        await Assert.ThrowsAsync<FenceStaleException>(() => leader.ProclaimAsync("y"));
        await Assert.ThrowsAsync<FenceStaleException>(() => leader.ResignAsync());
        await leader.DisposeAsync();
        Assert.Null(await _client.Keys.GetAsync("elections/forced"));
    }

    [Fact]
    public async Task A_campaign_that_is_given_up_leaves_nothing_behind()
    {
        const string election = "given-up";
        await using (var leader = await _client.Elections.CampaignAsync(election, "x"))
        {
            using var cancel = new CancellationTokenSource();
            var waiting = _client.Elections.CampaignAsync(election, "y", cancellationToken: cancel.Token);
            await ClusterUnderTest.EventuallyAsync(async () => (await _client.Locks.GetAsync("elections/given-up")).Waiters.Count == 1, "it does not wait");
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }
        Assert.Null(await _client.Elections.GetLeaderAsync(election));
        var state = await _client.Locks.GetAsync("elections/given-up");
        Assert.Empty(state.Holders);
        Assert.Empty(state.Waiters);
    }

    private static async Task Until(Func<bool> condition) => await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(condition()), "it does not come true");
}
