using AkkaHa.Core.Placement;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Placement;

public sealed class ShardMapTests
{
    static readonly ShardMap Map = new();
    static readonly string[] Kinds = ["lock", "kv", "sessions", "t"];

    [Theory]
    [InlineData("kv/a/b", 58)]
    [InlineData("lock/a/b", 122)]
    [InlineData("lock/orders/42", 198)]
    [InlineData("kv/Grüße", 221)]
    [InlineData("session/0", 0)]
    [InlineData("session/117", 117)]
    [InlineData("txn/255", 255)]
    public void The_shard_of_an_entity_never_changes(string entityId, int shard) => Assert.Equal(shard, Map.ShardOf(entityId));

    [Theory]
    [InlineData("0198c7a4-1f6e-7c3b-9f5d-2b8f6a0e4d11", 108)]
    [InlineData("t-1", 100)]
    public void The_slot_of_a_transaction_never_changes(string transactionId, int slot) =>
        Assert.Equal(slot, Map.TransactionSlot(transactionId));

    [Fact]
    public void A_transaction_is_in_the_shard_of_its_slot() =>
        Gen.Select(Gen.String[1, 64], Gen.Int[1, ShardMap.MaxShards]).Sample((id, shards) =>
        {
            var map = new ShardMap(shards);
            var slot = map.TransactionSlot(id);
            Assert.Equal(slot, map.ShardOf($"txn/{slot}"));
        });

    [Fact]
    public void Every_entity_has_a_shard() =>
        Gen.Select(Gen.OneOf([.. Kinds.Select(Gen.Const)]), Gen.String[1, 512], Gen.Int[1, ShardMap.MaxShards])
            .Sample((kind, name, shards) => Assert.InRange(new ShardMap(shards).ShardOf($"{kind}/{name}"), 0, shards - 1));

    [Theory]
    [InlineData("")]
    [InlineData("kv")]
    [InlineData("kv/")]
    [InlineData("/a")]
    [InlineData("session/")]
    [InlineData("session/256")]
    [InlineData("session/-1")]
    [InlineData("session/+1")]
    [InlineData("session/ 1")]
    [InlineData("session/007")]
    [InlineData("session/117-0198c7a4")]
    [InlineData("txn/99999999999999999999")]
    public void What_is_no_entity_id_is_refused_by_name(string entityId)
    {
        Assert.False(Map.TryShardOf(entityId, out _));
        var refusal = Assert.Throws<ArgumentException>(() => Map.ShardOf(entityId));
        Assert.Equal("entityId", refusal.ParamName);
        Assert.Contains($"'{entityId}'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ShardMap.MaxShards + 1)]
    public void A_shard_count_out_of_range_is_refused(int shards) =>
        Assert.Equal("shards", Assert.Throws<ArgumentOutOfRangeException>(() => new ShardMap(shards)).ParamName);

    [Fact]
    public void A_transaction_without_an_id_is_refused() =>
        Assert.Equal("transactionId", Assert.Throws<ArgumentException>(() => Map.TransactionSlot("")).ParamName);
}
