using Akka.Cluster;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Membership;
using Xunit;

namespace AkkaHa.Node.Tests.Membership;

/// <summary>The region, the ring, the grants and the hand-over, without the cost of processes.</summary>
public sealed class InProcessClusterTests
{
    [Fact]
    public async Task Shards_are_shared_by_the_ring_and_handed_over_with_all_that_was_acknowledged()
    {
        await using var cluster = new InProcessCluster();
        var first = await cluster.StartAsync();
        for (var i = 0; i < 40; i++) Assert.Equal(1, (await PutAsync(first, i)).PutKey.Revision);

        var second = await cluster.StartAsync();
        var bound = (int)Math.Ceiling(1.1 * InProcessCluster.Shards / 2);
        await InProcessCluster.EventuallyAsync(() =>
            first.Parts.Grants.Count + second.Parts.Grants.Count == InProcessCluster.Shards && first.Parts.Grants.Count <= bound && second.Parts.Grants.Count <= bound);
        for (var i = 0; i < 40; i++) Assert.Equal(2, (await PutAsync(i % 2 == 0 ? first : second, i)).PutKey.Revision);

        await first.LeaveAsync().WaitAsync(InProcessCluster.Patience);
        Assert.Equal(0, first.Parts.Grants.Count);
        // Who leaves goes when its shards have their next owner, the coordinator's host too: nobody waits for the next coordinator.
        Assert.All(await cluster.OwnersAsync(), row => Assert.Equal(second.Parts.Holder, row.Holder));
        // The row comes a moment before the grant.
        await InProcessCluster.EventuallyAsync(() => second.Parts.Grants.Count == InProcessCluster.Shards);
        for (var i = 0; i < 40; i++) Assert.Equal(3, (await PutAsync(second, i)).PutKey.Revision);
        Assert.All(await cluster.OwnersAsync(), row => Assert.Equal(second.Parts.Holder, row.Holder));
    }

    [Fact]
    public async Task The_shards_of_a_node_that_says_it_will_leave_move_while_it_is_a_member()
    {
        await using var cluster = new InProcessCluster();
        var first = await cluster.StartAsync();
        for (var i = 0; i < 40; i++) await PutAsync(first, i);
        var second = await cluster.StartAsync();
        await InProcessCluster.EventuallyAsync(() => first.Parts.Grants.Count > 0 && first.Parts.Grants.Count + second.Parts.Grants.Count == InProcessCluster.Shards);

        first.Signals.TellLeaving();
        await InProcessCluster.EventuallyAsync(() => first.Parts.Grants.Count == 0 && second.Parts.Grants.Count == InProcessCluster.Shards);
        Assert.Equal(MemberStatus.Up, first.Cluster.SelfMember.Status);
        for (var i = 0; i < 40; i++) Assert.Equal(2, (await PutAsync(first, i)).PutKey.Revision);
    }

    private static Task<Reply> PutAsync(RunningNode node, int i) => InProcessCluster.AskAsync(node, InProcessCluster.Put($"k/{i}"));
}
