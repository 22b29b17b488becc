using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Monitoring;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Tests.Membership;
using Xunit;

namespace AkkaHa.Node.Tests.Monitoring;

/// <summary>One process remembers through all of its incarnations, and each of them sees the cluster in its own way.</summary>
public sealed class HistoryDeskTests
{
    private readonly NodeHistory history = new(TimeProvider.System);

    [Fact]
    public async Task A_node_that_was_cut_off_and_joins_again_holds_none_for_lost_whom_it_finds_living()
    {
        await using var cluster = new InProcessCluster();
        var living = await cluster.StartAsync();
        var cutOff = await cluster.StartAsync();
        await DeskAsync(cutOff);
        history.Owned([new ShardRow(0, 1, living.Parts.Holder), new ShardRow(1, 2, living.Parts.Holder)]);
        history.Unreachable(living.Parts.Holder);
        Assert.Equal(0, Assert.Single(history.Report(0).Failovers).UntilMs);
        await cutOff.EndAsync();

        var again = await cluster.StartAsync();
        await DeskAsync(again);
        await InProcessCluster.EventuallyAsync(() => history.Report(0).Failovers.Count == 0);
        // When it dies later, it is as of then.
        var before = history.NowMs;
        history.Unreachable(living.Parts.Holder);
        Assert.InRange(Assert.Single(history.Report(0).Failovers).FromMs, before, history.NowMs);
    }

    [Fact]
    public async Task Nor_does_one_that_finds_them_after_it_has_begun()
    {
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync();
        var desk = await DeskAsync(node);
        history.Owned([new ShardRow(0, 1, node.Parts.Holder)]);
        history.Unreachable(node.Parts.Holder);
        desk.Tell(new ClusterEvent.MemberUp(node.Cluster.SelfMember));
        await InProcessCluster.EventuallyAsync(() => history.Report(0).Failovers.Count == 0);
    }

    [Fact]
    public async Task A_node_that_takes_itself_out_does_not_remember_the_others_as_gone()
    {
        await using var cluster = new InProcessCluster();
        var stays = await cluster.StartAsync();
        var goes = await cluster.StartAsync();
        await DeskAsync(goes);
        goes.Cluster.Down(goes.Cluster.SelfAddress);
        await InProcessCluster.EventuallyAsync(() => goes.Cluster.IsTerminated);
        await goes.EndAsync();
        Assert.DoesNotContain(history.Report(0).Gone, g => g.Incarnation == stays.Parts.Incarnation);
    }

    [Fact]
    public void Taken_out_is_who_any_of_the_nodes_saw_taken_out()
    {
        var report = new HistoryReport { Gone = { new MemberGone { Address = "a", Incarnation = "one", AtMs = 1 } } };
        var later = new HistoryReport { Gone = { new MemberGone { Address = "a", Incarnation = "one", AtMs = 2, Downed = true } } };
        var gone = Assert.Single(HistoryMerge.Of(3, [report, later], []).Gone);
        Assert.Equal((1, true), (gone.AtMs, gone.Downed));
    }

    /// <summary>One that has its first picture of the members: whoever subscribes after it is given that later.</summary>
    private async Task<IActorRef> DeskAsync(RunningNode node)
    {
        var desk = node.System.ActorOf(Props.Create(() => new HistoryDesk(history, history.Report)), HistoryDesk.Name);
        await desk.Ask<HistoryReport>(new HistoryQuery(), InProcessCluster.Patience);
        using var later = Inbox.Create(node.System);
        node.Cluster.Subscribe(later.Receiver, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));
        await later.ReceiveAsync(InProcessCluster.Patience);
        node.Cluster.Unsubscribe(later.Receiver);
        await desk.Ask<HistoryReport>(new HistoryQuery(), InProcessCluster.Patience);
        return desk;
    }
}
