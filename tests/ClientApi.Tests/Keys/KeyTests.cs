using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Keys;

public sealed class KeyTests
{
    [Fact]
    public async Task An_absent_key_reads_as_null()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        Assert.Null(await client.Keys.GetAsync("k"));
        Assert.Null(await client.Keys.GetStringAsync("k"));
    }

    [Fact]
    public async Task A_key_has_its_value_and_revision()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<GetKeyRequest, KeyValue>(r => new KeyValue { Key = r.Key, Value = ByteString.CopyFromUtf8("on"), Revision = 4 });
        await using var client = TestClient.Connect(node);

        var entry = await client.Keys.GetAsync("a/b");

        Assert.Equal(("a/b", "on", new Revision(4)), (entry!.Key, entry.Text, entry.Revision));
        Assert.Equal("on", await client.Keys.GetStringAsync("a/b"));
    }

    [Fact]
    public async Task A_condition_is_sent_only_when_there_is_one()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        await client.Keys.PutAsync("k", "v");
        await client.Keys.PutAsync("k", "v", Revision.Absent);
        await client.Keys.PutAsync("k", new byte[] { 1, 2 }, new Revision(3));
        var deleted = await client.Keys.DeleteAsync("k", new Revision(4));

        var puts = node.Seen<PutKeyRequest>();
        Assert.False(puts[0].HasIfRevision);
        Assert.Equal((true, 0), (puts[1].HasIfRevision, puts[1].IfRevision));
        Assert.Equal((3, ByteString.CopyFrom(1, 2)), (puts[2].IfRevision, puts[2].Value));
        Assert.Equal(4, node.Seen<DeleteKeyRequest>().Single().IfRevision);
        Assert.Equal(new DeletedKey(true, new Revision(2)), deleted);
        Assert.Equal(3, puts.Select(p => p.RequestId).Distinct().Count());
    }

    [Fact]
    public async Task A_guard_sends_its_lock_and_fence()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireAsync("l");

        await client.Keys.PutAsync("k", "v", guard: held);
        await client.Keys.DeleteAsync("k", guard: held);

        var put = node.Seen<PutKeyRequest>().Single();
        var delete = node.Seen<DeleteKeyRequest>().Single();
        Assert.Equal(("l", held.Fence.Value), (put.Lock, put.Fence));
        Assert.Equal(("l", held.Fence.Value), (delete.Lock, delete.Fence));
    }

    [Fact]
    public async Task A_guard_that_is_refused_is_lost()
    {
        await using var node = (await FakeNode.StartAsync()).Refuse<PutKeyRequest>(ErrorCode.FenceStale);
        await using var client = TestClient.Connect(node);
        await using var held = await client.Locks.AcquireAsync("l");
        await using var other = await client.Locks.AcquireAsync("m");

        await Assert.ThrowsAsync<FenceStaleException>(() => client.Keys.PutAsync("k", "v", guard: held));

        Assert.True(held.IsLost);
        Assert.False(other.IsLost);
    }

    [Fact]
    public async Task A_mismatch_names_the_revision_that_the_key_has()
    {
        await using var node = await FakeNode.StartAsync();
        node.On<PutKeyRequest, PutKeyResponse>(_ => throw Refusal.Of(ErrorCode.RevisionMismatch, details: Refusal.Details("""{"revision":"9"}""")));
        await using var client = TestClient.Connect(node);

        var mismatch = await Assert.ThrowsAsync<RevisionMismatchException>(() => client.Keys.PutAsync("k", "v", new Revision(3)));

        Assert.Equal(new Revision(9), mismatch.Actual);
    }

    [Fact]
    public async Task What_every_server_would_refuse_is_not_sent()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);

        var tooLong = await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Keys.PutAsync("k", new byte[Limits.ValueBytes + 1]));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.Keys.GetAsync("a//b"));

        Assert.Contains("1048576", tooLong.Message, StringComparison.Ordinal);
        Assert.Empty(node.Seen<PutKeyRequest>());
    }

    [Fact]
    public async Task The_largest_value_passes()
    {
        await using var node = await FakeNode.StartAsync();
        await using var client = TestClient.Connect(node);
        await client.Keys.PutAsync("k", new byte[Limits.ValueBytes]);
        Assert.Equal(Limits.ValueBytes, node.Seen<PutKeyRequest>().Single().Value.Length);
    }
}
