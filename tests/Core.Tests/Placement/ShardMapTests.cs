using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

public sealed class ShardMapTests
{
    static readonly ShardMap Map = new();
    static readonly string[] Kinds = ["lock", "kv"];

    [Theory]
    [InlineData("kv/a/b", 58)]
    [InlineData("lock/a/b", 122)]
    [InlineData("lock/orders/42", 198)]
    [InlineData("kv/Grüße", 221)]
    [InlineData("session/0", 0)]
    [InlineData("session/117", 117)]
    [InlineData("txn/255", 255)]
    public void The_shard_of_an_entity_never_changes(string entityId, int shard)
    {
        Assert.Equal(shard, Map.ShardOf(EntityId.Parse(entityId)));
        Assert.Equal(shard, Map.ShardOf(entityId));
    }

    [Fact]
    public void An_id_as_text_is_in_the_same_shard() =>
        Gen.Select(Gen.OneOf([.. Kinds.Select(Gen.Const)]), Gen.String[1, 64], Gen.Int[0, ShardMap.DefaultShardCount - 1]).Sample((kind, name, slot) =>
        {
            foreach (var id in (EntityId[])[new EntityId(kind, name), EntityId.SessionSlot(slot), EntityId.TransactionSlot(slot)]) Assert.Equal(Map.ShardOf(id), Map.ShardOf(id.ToString()));
        });

    [Theory]
    [InlineData("0198c7a4-1f6e-7c3b-9f5d-2b8f6a0e4d11", 108)]
    [InlineData("t-1", 100)]
    public void The_slot_of_a_transaction_never_changes(string transactionId, int slot) =>
        Assert.Equal(EntityId.TransactionSlot(slot), Map.TransactionSlotOf(transactionId));

    [Fact]
    public void A_transaction_is_in_the_shard_of_its_slot() =>
        Gen.Select(Gen.String[1, 64], Gen.Int[1, ShardMap.MaxShardCount]).Sample((id, shards) =>
        {
            var map = new ShardMap(shards);
            var slot = map.TransactionSlotOf(id);
            Assert.Equal(slot.Name, $"{map.ShardOf(slot)}");
        });

    [Fact]
    public void Every_entity_has_a_shard() =>
        Gen.Select(Gen.OneOf([.. Kinds.Select(Gen.Const)]), Gen.String[1, 512], Gen.Int[1, ShardMap.MaxShardCount])
            .Sample((kind, name, shards) => Assert.InRange(new ShardMap(shards).ShardOf(new EntityId(kind, name)), 0, shards - 1));

    [Theory]
    [InlineData("")]
    [InlineData("kv")]
    [InlineData("kv/")]
    [InlineData("/a")]
    [InlineData("thing/a")]
    [InlineData("session/")]
    [InlineData("session/-1")]
    [InlineData("session/+1")]
    [InlineData("session/ 1")]
    [InlineData("session/007")]
    [InlineData("session/117-0198c7a4")]
    [InlineData("txn/99999999999999999999")]
    public void What_is_no_entity_id_is_refused(string entityId)
    {
        Assert.False(EntityId.TryParse(entityId, out _));
        Assert.Contains($"'{entityId}'", Assert.Throws<FormatException>(() => EntityId.Parse(entityId)).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Map.ShardOf(entityId));
    }

    [Fact]
    public void A_slot_beyond_the_last_shard_is_refused()
    {
        Assert.False(Map.TryShardOf(EntityId.SessionSlot(256), out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Map.ShardOf(EntityId.SessionSlot(256)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ShardMap.MaxShardCount + 1)]
    public void A_shard_count_out_of_range_is_refused(int shards) =>
        Assert.Equal("shardCount", Assert.Throws<ArgumentOutOfRangeException>(() => new ShardMap(shards)).ParamName);
}
