using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Lists;
using Google.Protobuf;
using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Watches over real journals: none left out, none twice, in order for each key, from wherever one goes on.</summary>
[Collection(nameof(JournalCollection))]
public sealed class KeyWatchTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_watch_without_a_position_begins_with_a_heartbeat_and_sees_what_comes_after_it(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        await journal.AppendAsync("kv/a", Put("before", 1));
        using var watch = await node.WatchAsync("a");
        Assert.False((await watch.NextAsync()).HasKey);
        await journal.AppendAsync("kv/b", Put("other", 1));
        await journal.AppendAsync("lock/a", Put("no key", 1));
        await journal.AppendAsync("kv/a", Put("1", 2));
        await journal.AppendAsync("kv/a/b", Put("x", 1));
        await journal.AppendAsync("kv/a", Delete(3));
        await journal.AppendAsync("kv/a/b", Delete(2, expired: true));
        Assert.Equal(["put a=1@2", "put a/b=x@1", "delete a@3", "expire a/b@2"], await watch.ChangesAsync(4));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_watch_of_a_key_sees_no_other(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        var from = new WatchPosition(await journal.HorizonAsync()).Text(journal.Database.IsPostgres);
        using var watch = await node.WatchAsync(key: "a");
        await journal.AppendAsync("kv/ab", Put("x", 1));
        await journal.AppendAsync("kv/a", Put("1", 1));
        await journal.AppendAsync("kv/a/b", Put("x", 1));
        await journal.AppendAsync("kv/a", Put("2", 2));
        Assert.Equal(["put a=1@1", "put a=2@2"], await watch.ChangesAsync(2));
        using var later = await node.WatchAsync(key: "a", from: from);
        Assert.Equal(["put a=1@1", "put a=2@2"], await later.ChangesAsync(2));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_watch_goes_on_inside_of_a_row_that_holds_several_changes(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        using var watch = await node.WatchAsync();
        await journal.AppendAsync("kv/a", Prepared("t", Put("1", 1).KeyWritten));
        await journal.AppendAsync("kv/a", Applied("t", write: Put("1", 1).KeyWritten), Put("2", 2), Delete(3));
        await journal.AppendAsync("kv/a", Put("4", 4));
        string[] all = ["put a=1@1", "put a=2@2", "delete a@3", "put a=4@4"];
        var positions = new List<string>();
        foreach (var change in all)
        {
            Assert.Equal(change, await watch.NextChangeAsync());
            positions.Add(watch.Position);
        }
        Assert.EndsWith(".1", positions[0], StringComparison.Ordinal);
        await using var other = new WatchNode(journal, remembers: false);
        for (var i = 0; i < positions.Count - 1; i++)
        {
            // From memory, and from the journal.
            using var here = await node.WatchAsync(from: positions[i]);
            using var elsewhere = await other.WatchAsync(from: positions[i]);
            Assert.Equal(all.Skip(i + 1), await here.ChangesAsync(all.Length - i - 1));
            Assert.Equal(all.Skip(i + 1), await elsewhere.ChangesAsync(all.Length - i - 1));
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_an_earlier_version_applied_is_read_from_its_prepared(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        var from = new WatchPosition(await journal.HorizonAsync()).Text(journal.Database.IsPostgres);
        await journal.AppendAsync("kv/a", Prepared("t1", Put("then", 1).KeyWritten, Put("else", 1).KeyWritten));
        await using var node = new WatchNode(journal);
        using var live = await node.WatchAsync();
        await live.NextAsync();
        await journal.AppendAsync("kv/b", Prepared("t1", null));
        await journal.AppendAsync("kv/a", Applied("t1", then: false));
        await journal.AppendAsync("kv/b", Applied("t1"));
        await journal.AppendAsync("kv/a", Prepared("t2", Put("2", 2).KeyWritten));
        await journal.AppendAsync("kv/a", Applied("t2"));
        await journal.AppendAsync("kv/a", Prepared("t3", Put("never", 3).KeyWritten));
        await journal.AppendAsync("kv/a", Discarded("t3"), Delete(3));
        string[] all = ["put a=else@1", "put a=2@2", "delete a@3"];
        Assert.Equal(all, await live.ChangesAsync(3));
        await using var other = new WatchNode(journal, remembers: false);
        using var past = await other.WatchAsync(from: from);
        Assert.Equal(all, await past.ChangesAsync(3));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_position_that_is_none_or_lies_in_the_future_is_refused_and_named(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        await journal.AppendAsync("kv/a", Put("1", 1));
        var now = await journal.HorizonAsync();
        foreach (var from in new[] { "x", "-1", new WatchPosition(now with { Ordering = now.Ordering + 1 }).Text(journal.Database.IsPostgres) })
        {
            var refusal = await RefusedAsync(() => node.WatchAsync(from: from));
            Assert.Equal(ErrorCode.InvalidArgument, refusal.Code);
            Assert.Equal("from", refusal.Details.Fields["field"].StringValue);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Below_the_floor_a_watch_is_refused_with_COMPACTED_also_when_it_is_on_its_way(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        await journal.AppendAsync("kv/a", Put("1", 1));
        var early = await journal.HorizonAsync();
        var text = new WatchPosition(early).Text(journal.Database.IsPostgres);
        for (var i = 2; i <= 1500; i++) await journal.AppendAsync("kv/a", Put($"{i}", i));
        var index = new AkkaHa.Node.Lists.KeyIndex(journal.Database);
        await index.AdvanceAsync(null, default);

        using var onItsWay = await node.WatchAsync(from: text);
        await onItsWay.ChangesAsync(10);
        await new LockIndex(journal.Database).AdvanceAsync(null, default);
        Assert.True(await new JournalFloor(journal.Database).RaiseAsync("kv/a", 1400, default));
        await journal.RunAsync("DELETE FROM journal WHERE persistence_id = 'kv/a' AND sequence_number <= 1400");

        var refusal = await RefusedAsync(() => node.WatchAsync(from: text));
        Assert.Equal(ErrorCode.Compacted, refusal.Code);
        var met = await RefusedAsync(() => onItsWay.ChangesAsync(1490));
        Assert.Equal(ErrorCode.Compacted, met.Code);

        using var fromFloor = await node.WatchAsync(from: refusal.Details.Fields["oldest"].StringValue);
        Assert.Equal(Enumerable.Range(1401, 100).Select(i => $"put a={i}@{i}"), await fromFloor.ChangesAsync(100));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Who_is_too_slow_is_cut_off_and_goes_on_from_the_position_that_it_is_told(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        using var slow = await node.WatchAsync();
        using var quick = await node.WatchAsync();
        await slow.NextAsync();
        var all = Limits.WatchBufferEvents + 200;
        var quickly = new List<string>();
        await journal.AppendAsync("kv/a", Put("1", 1));
        Assert.Equal("put a=1@1", await slow.NextChangeAsync());
        for (var i = 2; i <= all; i++)
        {
            await journal.AppendAsync("kv/a", Put($"{i}", i));
            // Never so far behind as to be cut off too.
            if (i % 100 == 0) quickly.AddRange(await quick.ChangesAsync(i - quickly.Count));
        }
        quickly.AddRange(await quick.ChangesAsync(all - quickly.Count));
        Assert.Equal(Enumerable.Range(1, all).Select(i => $"put a={i}@{i}"), quickly);

        var refusal = await RefusedAsync(() => slow.ChangesAsync(all));
        Assert.Equal(ErrorCode.Unavailable, refusal.Code);
        Assert.Equal(slow.Position, refusal.Details.Fields["position"].StringValue);
        Assert.Equal(1, node.Hub.Count);
        using var again = await node.WatchAsync(from: slow.Position);
        Assert.Equal(Enumerable.Range(2, all - 1).Select(i => $"put a={i}@{i}"), await again.ChangesAsync(all - 1));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_node_that_leaves_ends_its_watches_and_says_where_to_go_on(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        using var watch = await node.WatchAsync();
        await journal.AppendAsync("kv/a", Put("1", 1));
        await watch.NextChangeAsync();
        node.Leave();
        var refusal = await RefusedAsync(() => watch.NextAsync());
        Assert.Equal((ErrorCode.Unavailable, watch.Position), (refusal.Code, refusal.Details.Fields["position"].StringValue));
        Assert.Equal(ErrorCode.Unavailable, (await RefusedAsync(() => node.WatchAsync())).Code);
        await using var other = new WatchNode(journal);
        using var there = await other.WatchAsync(from: watch.Position);
        await journal.AppendAsync("kv/a", Put("2", 2));
        Assert.Equal("put a=2@2", await there.NextChangeAsync());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Heartbeats_move_on_when_other_keys_change(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        using var watch = await node.WatchAsync("quiet/");
        await watch.NextAsync();
        await journal.AppendAsync("kv/loud", Put("1", 1));
        var loud = new WatchPosition(await journal.HorizonAsync()).Text(journal.Database.IsPostgres);
        for (var until = DateTime.UtcNow + WatchNode.Patience; ;)
        {
            var heartbeat = await watch.NextAsync();
            Assert.False(heartbeat.HasKey);
            if (heartbeat.Position == loud) break;
            Assert.True(DateTime.UtcNow < until);
        }
    }

    internal static async Task<Messages.Internal.Failure> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<RefusedException>(call)).Failure;
}
