using System.Data.Common;
using AkkaHa.Core.Entities;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;
using Xunit;

namespace AkkaHa.Node.Tests.Ownership;

/// <summary>How shards change hands, on both databases.</summary>
[Collection(nameof(OwnershipCollection))]
public sealed class OwnershipStoreTests(OwnershipFixture fixture)
{
    public static TheoryData<string> Providers => new("sqlite", "postgres");

    private static Func<string, long?> NobodyExpired => _ => null;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_new_incarnation_ends_those_before_it_at_its_address_and_no_others(string provider)
    {
        var database = fixture.Open(provider);
        var before = await OwnershipFixture.NodeAsync(database, "same");
        var other = await OwnershipFixture.NodeAsync(database, "same2");
        var now = await OwnershipFixture.NodeAsync(database, "same");
        Assert.False(OwnershipFixture.Renew(database, before).Renewed);
        Assert.True(OwnershipFixture.Renew(database, other).Renewed);
        Assert.True(OwnershipFixture.Renew(database, now).Renewed);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task The_coordinator_s_place_is_free_once_its_holder_is_fenced(string provider)
    {
        var database = fixture.Open(provider);
        var (store, one, two) = (OwnershipFixture.Store(database), await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        Assert.Contains(ShardRow.Coordinator, (await store.TakeAsync([ShardRow.Coordinator], one, _ => null, default)).Taken.Keys);
        Assert.Equal(one, (await store.TakeAsync([ShardRow.Coordinator], two, _ => null, default)).Held[ShardRow.Coordinator]);
        Assert.True(await new LeaseStore(database).FenceAsync(two, one, null, default));
        var result = await store.TakeAsync([ShardRow.Coordinator], two, _ => null, default);
        await store.ReleaseAsync([(ShardRow.Coordinator, result.Taken[ShardRow.Coordinator])], two, default);
        Assert.Empty(result.Held);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Every_take_has_an_epoch_of_its_own(string provider)
    {
        var (database, store, shard) = Begin(provider);
        var node = await OwnershipFixture.NodeAsync(database);
        Assert.Equal(1, (await store.TakeAsync([shard], node, NobodyExpired, default)).Taken[shard]);
        Assert.Equal(2, (await store.TakeAsync([shard], node, NobodyExpired, default)).Taken[shard]);
        Assert.Equal([(shard, 2L)], OwnershipFixture.Renew(database, node).Mine);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_a_node_holds_is_not_taken_before_its_lease_was_seen_to_run_out(string provider)
    {
        var (database, store, shard) = Begin(provider);
        var (owner, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        await store.TakeAsync([shard], owner, NobodyExpired, default);
        var result = await store.TakeAsync([shard], other, NobodyExpired, default);
        Assert.Empty(result.Taken);
        Assert.Equal(owner, result.Held[shard]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Taking_from_a_node_whose_lease_has_run_out_fences_it(string provider)
    {
        var (database, store, shard) = Begin(provider);
        var (owner, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        await store.TakeAsync([shard], owner, NobodyExpired, default);
        OwnershipFixture.Renew(database, owner);
        Assert.Equal(2, (await store.TakeAsync([shard], other, n => n == owner ? 1 : null, default)).Taken[shard]);
        Assert.False(OwnershipFixture.Renew(database, owner).Renewed);
        await Assert.ThrowsAsync<FencedException>(() => store.TakeAsync([shard], owner, n => n == other ? 0 : null, default));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_renewal_since_it_was_seen_saves_the_holder(string provider)
    {
        var (database, store, shard) = Begin(provider);
        var (owner, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        await store.TakeAsync([shard], owner, NobodyExpired, default);
        OwnershipFixture.Renew(database, owner);
        Assert.Empty((await store.TakeAsync([shard], other, _ => 0, default)).Taken);
        Assert.True(OwnershipFixture.Renew(database, owner).Renewed);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_fenced_holder_s_lease_is_waited_out_all_the_same(string provider)
    {
        var (database, store, shard) = Begin(provider);
        var (owner, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        await store.TakeAsync([shard], owner, NobodyExpired, default);
        Assert.True(await new LeaseStore(database).FenceAsync(other, owner, null, default));
        Assert.Empty((await store.TakeAsync([shard], other, NobodyExpired, default)).Taken);
        Assert.Equal(2, (await store.TakeAsync([shard], other, n => n == owner ? 0 : null, default)).Taken[shard]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_was_released_is_taken_at_once_and_a_late_release_does_nothing(string provider)
    {
        var (database, store, shard) = Begin(provider);
        var (owner, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        await store.TakeAsync([shard], owner, NobodyExpired, default);
        await store.ReleaseAsync([(shard, 1)], owner, default);
        Assert.Equal(2, (await store.TakeAsync([shard], other, NobodyExpired, default)).Taken[shard]);
        await store.ReleaseAsync([(shard, 1)], owner, default);
        await store.ReleaseAsync([(shard, 1)], other, default);
        Assert.Equal([(shard, 2L)], OwnershipFixture.Renew(database, other).Mine);
        Assert.True(OwnershipFixture.Renew(database, owner).Renewed);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Of_two_nodes_that_fence_one_another_one_remains(string provider)
    {
        var database = fixture.Open(provider);
        var leases = new LeaseStore(database);
        for (var round = 0; round < 20; round++)
        {
            var (one, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
            var results = await Task.WhenAll(Task.Run(() => leases.FenceAsync(one, other, null, default)), Task.Run(() => leases.FenceAsync(other, one, null, default)));
            Assert.Single(results, r => r);
            Assert.NotEqual(OwnershipFixture.Renew(database, one).Renewed, OwnershipFixture.Renew(database, other).Renewed);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Of_two_takers_at_once_one_gets_the_shard(string provider)
    {
        var (database, store, _) = Begin(provider);
        var (gone, one, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        for (var round = 0; round < 20; round++)
        {
            var shard = fixture.NextShard();
            if (round < 10) await store.TakeAsync([shard], gone, NobodyExpired, default);
            if (round == 9) await new LeaseStore(database).FenceAsync(one, gone, null, default);
            Func<string, long?> expired = n => n == gone ? 0 : null;
            var results = await Task.WhenAll(Task.Run(() => store.TakeAsync([shard], one, expired, default)), Task.Run(() => store.TakeAsync([shard], other, expired, default)));
            Assert.Single(results, r => r.Taken.ContainsKey(shard));
            if (round == 0) Assert.False(OwnershipFixture.Renew(database, gone).Renewed);
            if (round is > 0 and < 9) gone = await OwnershipFixture.NodeAsync(database);
            else if (round == 0) gone = await OwnershipFixture.NodeAsync(database);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Fenced_nodes_that_hold_nothing_are_forgotten(string provider)
    {
        var (database, store, shard) = Begin(provider);
        var (holding, idle) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        await store.TakeAsync([shard], holding, NobodyExpired, default);
        var leases = new LeaseStore(database);
        await leases.RetireAsync(holding);
        await leases.RetireAsync(idle);
        var last = await OwnershipFixture.NodeAsync(database);
        var nodes = OwnershipFixture.Renew(database, last).Nodes.Select(n => n.Node).ToArray();
        Assert.Contains(holding, nodes);
        Assert.DoesNotContain(idle, nodes);
    }

    [Fact]
    public async Task The_fence_ends_every_connection_of_the_incarnation_and_with_them_its_locks()
    {
        var (shared, store, shard) = Begin("postgres");
        var (stopped, other) = (await OwnershipFixture.NodeAsync(shared), await OwnershipFixture.NodeAsync(shared));
        var own = shared.Of(stopped[(stopped.LastIndexOf(' ') + 1)..]);
        using var lease = own.OpenLease();
        await using var journal = await own.OpenJournalAsync(default);
        await using var ownership = await own.OpenOwnershipAsync(default);
        // As a node that is stopped while it gives a shard back.
        await using var transaction = await ownership.BeginTransactionAsync();
        await using (var hold = ownership.Command(transaction, $"SELECT 1 FROM shard WHERE shard = {shard} FOR UPDATE")) await hold.ExecuteScalarAsync();
        Assert.True(await new LeaseStore(shared).FenceAsync(other, stopped, null, default));
        Assert.Contains(shard, (await store.TakeAsync([shard], other, NobodyExpired, default)).Taken.Keys);
        foreach (var connection in (DbConnection[])[lease, journal, ownership])
        {
            await using var command = connection.Command(null, "SELECT 1");
            await Assert.ThrowsAnyAsync<DbException>(() => command.ExecuteScalarAsync());
        }
    }

    /// <summary>Without fencing in the taking transaction, the old holder's next renewal opens its gate again.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Without_the_fence_the_old_holder_would_renew_again(string provider)
    {
        var (database, _, shard) = Begin(provider);
        var store = OwnershipFixture.Store(database, RuleSwitches.AllOn with { FenceInTaking = false });
        var (owner, other) = (await OwnershipFixture.NodeAsync(database), await OwnershipFixture.NodeAsync(database));
        await store.TakeAsync([shard], owner, NobodyExpired, default);
        await store.TakeAsync([shard], other, n => n == owner ? 0 : null, default);
        Assert.True(OwnershipFixture.Renew(database, owner).Renewed);
    }

    private (Database Database, OwnershipStore Store, int Shard) Begin(string provider)
    {
        var database = fixture.Open(provider);
        return (database, OwnershipFixture.Store(database), fixture.NextShard());
    }
}
