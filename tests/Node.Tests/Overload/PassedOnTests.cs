using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
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
        var busy = new Admission(new OverloadSettings { Shed = true });
        var owner = await cluster.StartAsync(admission: busy);
        var other = await cluster.StartAsync();
        await InProcessCluster.EventuallyAsync(() => owner.Parts.Grants.Count + other.Parts.Grants.Count == InProcessCluster.Shards && other.Parts.Grants.Count > 0);
        var key = Enumerable.Range(0, 1000).Select(i => $"k/{i}").First(k => owner.Parts.Grants.EpochOf(owner.Parts.Shards.ShardOf(AkkaHa.Messages.EntityId.Key(k))) is not null);
        Assert.Equal(1, (await InProcessCluster.AskAsync(other, InProcessCluster.Put(key))).PutKey.Revision);

        Busy.Wait(busy, Wait.Entity, 5);
        var unlucky = InProcessCluster.Put(key);
        unlucky.Lot = 1;
        var refused = await other.Region.Ask<Reply>(unlucky, InProcessCluster.Patience);
        Assert.Equal((ErrorCode.Unavailable, "overload"), (refused.Failure.Code, refused.Failure.Details.Fields["reason"].StringValue));
        Assert.Equal(2000u, refused.Failure.RetryAfterMs);

        // Above the bound; and what was taken in while few calls were under way has no lot. The refused one left no trace.
        var lucky = InProcessCluster.Put(key);
        lucky.Lot = 1_000_000;
        Assert.Equal(2, (await InProcessCluster.AskAsync(other, lucky)).PutKey.Revision);
        Assert.Equal(3, (await InProcessCluster.AskAsync(other, InProcessCluster.Put(key))).PutKey.Revision);
    }

    /// <summary>What it has just recovered may be old a moment later: only the read that wakes it may be answered from that.</summary>
    [Fact]
    public async Task An_entity_that_was_woken_by_what_is_refused_does_not_stay()
    {
        await using var cluster = new InProcessCluster();
        var busy = new Admission(new OverloadSettings { Shed = true });
        var node = await cluster.StartAsync(admission: busy);
        await InProcessCluster.EventuallyAsync(() => node.Parts.Grants.Count == InProcessCluster.Shards);
        await InProcessCluster.AskAsync(node, InProcessCluster.Put("stays"));
        Busy.Wait(busy, Wait.Entity, 5);

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
}
