using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using AkkaHa.Core.Overload;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Tests.Membership;
using Xunit;

namespace AkkaHa.Node.Tests.Overload;

/// <summary>What one node takes in and passes to the owner, which has too much to do.</summary>
public sealed class PassedOnTests
{
    [Fact]
    public async Task An_owner_with_too_much_to_do_refuses_by_lot_what_others_pass_on_and_nothing_of_it_was_done()
    {
        await using var cluster = new InProcessCluster();
        var busy = new Admission(new OverloadSettings());
        var (owner, other, keys) = await StartTwoAsync(cluster, busy);
        var key = keys[true].First();
        Assert.Equal(1, (await InProcessCluster.AskAsync(other, InProcessCluster.Put(key))).PutKey.Revision);

        Busy.Wait(busy, Wait.Entity, 5);
        Busy.Calls(busy, Admission.Few);
        var unlucky = InProcessCluster.Put(key);
        unlucky.Lot = 1;
        var refused = await other.Region.Ask<Reply>(unlucky, InProcessCluster.Patience);
        Assert.Equal((ErrorCode.Unavailable, "overload"), (refused.Failure.Code, refused.Failure.Details.Fields["reason"].StringValue));
        Assert.Equal(2000u, refused.Failure.RetryAfterMs);

        // Above the bound; and what was taken in by a node that refuses nothing has no lot. The refused one left no trace.
        var lucky = InProcessCluster.Put(key);
        lucky.Lot = 1_000_000;
        Assert.Equal(2, (await InProcessCluster.AskAsync(other, lucky)).PutKey.Revision);
        Assert.Equal(3, (await InProcessCluster.AskAsync(other, InProcessCluster.Put(key))).PutKey.Revision);
    }

    /// <summary>Whatever its lot: that is for what waits long, and not for what is much.</summary>
    [Fact]
    public async Task An_owner_for_whom_too_much_waits_refuses_what_others_pass_on_and_nothing_of_it_was_done()
    {
        await using var cluster = new InProcessCluster();
        var busy = new Admission(new OverloadSettings());
        var (owner, other, keys) = await StartTwoAsync(cluster, busy);
        var key = keys[true].First();
        Assert.Equal(1, (await InProcessCluster.AskAsync(other, InProcessCluster.Put(key))).PutKey.Revision);
        static Command WithLot(Command command)
        {
            command.Lot = 1_000_000;
            return command;
        }

        var waiting = Enumerable.Range(0, Backlog.Burst).Select(_ => Busy.Awaiting(busy)).ToArray();
        var refused = await other.Region.Ask<Reply>(WithLot(InProcessCluster.Put(key)), InProcessCluster.Patience);
        Assert.Equal((ErrorCode.Unavailable, "overload"), (refused.Failure?.Code, refused.Failure?.Details.Fields["reason"].StringValue));
        // What is not passed on has been let in, or refused, where it came in.
        Assert.Equal(2, (await InProcessCluster.AskAsync(owner, WithLot(InProcessCluster.Put(key)))).PutKey.Revision);

        foreach (var one in waiting) one.EndWait();
        Assert.Equal(3, (await InProcessCluster.AskAsync(other, WithLot(InProcessCluster.Put(key)))).PutKey.Revision);
    }

    /// <summary>It waits for an owner, not for a processor, and may not keep others from theirs.</summary>
    [Fact]
    public async Task What_comes_for_a_shard_that_is_not_here_is_neither_counted_nor_refused()
    {
        await using var cluster = new InProcessCluster();
        var busy = new Admission(new OverloadSettings());
        var (here, _, keys) = await StartTwoAsync(cluster, busy);
        Command Arrive(string key)
        {
            var command = InProcessCluster.Put(key);
            command.Lot = 1_000_000;
            var serializer = here.System.Serialization.FindSerializerFor(command);
            return (Command)here.System.Serialization.Deserialize(serializer.ToBinary(command), serializer.Identifier, "c");
        }
        Assert.True(Arrive(keys[true].First()).EndWait());
        Assert.False(Arrive(keys[false].First()).EndWait());

        for (var i = 0; i < Backlog.Burst; i++) Busy.Awaiting(busy);
        Assert.True(Arrive(keys[true].First()).IsTooMuch);
        Assert.False(Arrive(keys[false].First()).IsTooMuch);
    }

    /// <summary>What it has just recovered may be old a moment later: only the read that wakes it may be answered from that.</summary>
    [Fact]
    public async Task An_entity_that_was_woken_by_what_is_refused_does_not_stay()
    {
        await using var cluster = new InProcessCluster();
        var busy = new Admission(new OverloadSettings());
        var node = await cluster.StartAsync(admission: busy);
        await InProcessCluster.EventuallyAsync(() => node.Parts.Grants.Count == InProcessCluster.Shards);
        await InProcessCluster.AskAsync(node, InProcessCluster.Put("stays"));
        Busy.Wait(busy, Wait.Entity, 5);
        Busy.Calls(busy, Admission.Few);

        var unlucky = InProcessCluster.Put("goes");
        unlucky.Lot = 1;
        Assert.Equal(ErrorCode.Unavailable, (await node.Region.Ask<Reply>(unlucky, InProcessCluster.Patience)).Failure.Code);

        string[] awake = [];
        for (var since = Stopwatch.StartNew(); awake is not [_] && since.Elapsed < InProcessCluster.Patience;)
        {
            await Task.Delay(50);
            var state = await node.Region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, InProcessCluster.Patience);
            awake = [.. state.Shards.SelectMany(s => s.EntityIds).Where(e => e.StartsWith("kv/", StringComparison.Ordinal))];
        }
        Assert.Equal(["kv/stays"], awake);
    }

    /// <summary>Each with some shards; and of many keys, those that the first owns and those that it does not.</summary>
    private static async Task<(RunningNode First, RunningNode Other, ILookup<bool, string> Keys)> StartTwoAsync(InProcessCluster cluster, Admission ofFirst)
    {
        var (first, other) = (await cluster.StartAsync(admission: ofFirst), await cluster.StartAsync());
        await InProcessCluster.EventuallyAsync(() => first.Parts.Grants.Count + other.Parts.Grants.Count == InProcessCluster.Shards && other.Parts.Grants.Count > 0);
        bool IsOfFirst(string key) => first.Parts.Grants.EpochOf(first.Parts.Shards.ShardOf(AkkaHa.Messages.EntityId.Key(key))) is not null;
        return (first, other, Enumerable.Range(0, 1000).Select(i => $"k/{i}").ToLookup(IsOfFirst));
    }
}
