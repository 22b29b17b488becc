using System.Diagnostics;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace AkkaHa.Node.Tests.Ownership;

/// <summary>Nodes as the process has them, with real leases, on SQLite.</summary>
[Collection(nameof(OwnershipCollection))]
public sealed class GrantKeeperTests(OwnershipFixture fixture) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<OneNode> nodes = [];

    private sealed record OneNode(string Name, LeaseKeeper Leases, Grants Grants, GrantKeeper Keeper, OwnershipStore Store);

    [Fact]
    public async Task A_shard_of_a_live_node_is_not_taken_and_one_that_it_gives_back_is()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        var shard = fixture.NextShard();
        Assert.Equal(1, await one.Keeper.TakeAsync(shard, _ => { }).WaitAsync(Patience));
        Assert.True(one.Grants.MayAnswer(shard, 1));

        var taking = other.Keeper.TakeAsync(shard, _ => { });
        await Task.Delay(300);
        Assert.False(taking.IsCompleted);
        one.Keeper.Release(shard);
        Assert.False(one.Grants.MayAnswer(shard, 1));
        Assert.Equal(2, await taking.WaitAsync(Patience));
        Assert.True(one.Leases.Lease.IsOpen(MonotonicClock.NowMs));
    }

    [Fact]
    public async Task A_node_that_renews_no_more_is_replaced_once_its_own_gate_is_closed_and_finds_itself_fenced()
    {
        var (one, other) = (await StartAsync(LeaseTimings.DefaultLeaseMs), await StartAsync());
        var shard = fixture.NextShard();
        await one.Keeper.TakeAsync(shard, _ => { }).WaitAsync(Patience);
        one.Leases.Stop();
        long? epoch;
        // A take that has waited for some seconds in vain is asked for again.
        do epoch = await other.Keeper.TakeAsync(shard, _ => { }).WaitAsync(Patience); while (epoch is null);
        Assert.False(one.Grants.MayAnswer(shard, 1));
        Assert.Equal(2, epoch);
        Assert.False(OwnershipFixture.Renew(fixture.Open("sqlite"), one.Name).Renewed);
        await Assert.ThrowsAnyAsync<Exception>(() => one.Store.TakeAsync([shard], one.Name, _ => null, default));
    }

    [Fact]
    public async Task A_fenced_node_hears_of_it_within_a_renewal()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        Assert.True(await new LeaseStore(fixture.Open("sqlite")).FenceAsync(other.Name, one.Name, null, default));
        await one.Leases.WhenFenced.WaitAsync(Patience);
        Assert.False(one.Leases.Lease.IsOpen(MonotonicClock.NowMs));
    }

    [Fact]
    public async Task A_row_that_was_taken_without_anybody_hearing_of_it_is_given_back()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        var shard = fixture.NextShard();
        await one.Store.TakeAsync([shard], one.Name, _ => null, default);
        Assert.Equal(2, await other.Keeper.TakeAsync(shard, _ => { }).WaitAsync(Patience));
    }

    [Fact]
    public async Task What_is_released_while_it_is_taken_is_free_in_the_end()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        for (var round = 0; round < 20; round++)
        {
            var shard = fixture.NextShard();
            var taking = one.Keeper.TakeAsync(shard, _ => { });
            if (round % 2 == 0) await Task.Delay(round / 2);
            one.Keeper.Release(shard);
            await taking.WaitAsync(Patience);
            await one.Keeper.WhenReleasedAsync().WaitAsync(Patience);
            Assert.Null(one.Grants.EpochOf(shard));
            Assert.NotNull(await other.Keeper.TakeAsync(shard, _ => { }).WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task Many_shards_change_hands_at_once()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        var shards = Enumerable.Range(0, 60).Select(_ => fixture.NextShard()).ToArray();
        await Task.WhenAll(shards.Select(s => one.Keeper.TakeAsync(s, _ => { }))).WaitAsync(Patience);
        foreach (var shard in shards) one.Keeper.Release(shard);
        var epochs = await Task.WhenAll(shards.Select(s => other.Keeper.TakeAsync(s, _ => { }))).WaitAsync(Patience);
        Assert.All(epochs, e => Assert.Equal(2, e));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.Keeper.EndAsync();
            node.Leases.Dispose();
        }
    }

    /// <param name="leaseMs">So long, unless that is what it is about, that it does not run out when the machine stands still for a while.</param>
    private async Task<OneNode> StartAsync(long leaseMs = 60_000)
    {
        var database = fixture.Open("sqlite");
        var name = await OwnershipFixture.NodeAsync(database, leaseMs: leaseMs);
        var leases = new LeaseKeeper(database, name, new LeaseTimings(leaseMs), NullLogger.Instance);
        var grants = new Grants(leases.Lease);
        var store = OwnershipFixture.Store(database);
        var keeper = new GrantKeeper(store, leases, grants, name, RuleSwitches.AllOn, NullLogger.Instance);
        leases.Start();
        keeper.Start();
        var node = new OneNode(name, leases, grants, keeper, store);
        nodes.Add(node);
        // Nothing is answered before the first renewal has come back.
        for (var clock = Stopwatch.StartNew(); !leases.Lease.IsOpen(MonotonicClock.NowMs) && clock.Elapsed < Patience;) await Task.Delay(10);
        return node;
    }
}
