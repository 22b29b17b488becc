using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Monitoring;

/// <summary>Notes what becomes of the members, as this incarnation sees it, and tells other nodes what this one remembers.</summary>
internal sealed class HistoryDesk : ReceiveActor
{
    public const string Name = "history";

    private readonly AskersClock clock = new();
    private readonly Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly HashSet<UniqueAddress> unreachable = [];
    private bool over;

    public HistoryDesk(NodeHistory history, Func<long, HistoryReport> report)
    {
        Receive<HistoryQuery>(query => Sender.Tell(clock.Tell(Sender.Path.Address.ToString(), query, history.NowMs, report)));
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            unreachable.UnionWith(state.Unreachable.Select(m => m.UniqueAddress));
            foreach (var member in state.Members) Found(history, member);
        });
        Receive<ClusterEvent.MemberUp>(e =>
        {
            // Before this one had joined, its picture was empty: then the others come like this.
            Found(history, e.Member);
            history.Happened("info", $"{e.Member.Address} is a member", Id("up", e.Member));
        });
        Receive<ClusterEvent.MemberLeft>(e => history.Happened("info", $"{e.Member.Address} is leaving", Id("leaving", e.Member)));
        Receive<ClusterEvent.MemberDowned>(e => history.Happened("error", $"{e.Member.Address} is being taken out of the cluster", Id("downed", e.Member)));
        // An incarnation that ends sees all others off, who stay.
        Receive<ClusterEvent.ClusterShuttingDown>(_ => over = true);
        Receive<ClusterEvent.MemberRemoved>(e =>
        {
            if (over) return;
            over = e.Member.UniqueAddress == cluster.SelfUniqueAddress;
            var downed = e.PreviousStatus == MemberStatus.Down;
            history.Removed(MemberFacts.HolderOf(e.Member), downed);
            history.Happened(downed ? "error" : "info", $"{e.Member.Address} {(downed ? "was taken out of the cluster" : "has left")}", Id("removed", e.Member));
        });
        Receive<ClusterEvent.UnreachableMember>(e =>
        {
            unreachable.Add(e.Member.UniqueAddress);
            history.Unreachable(MemberFacts.HolderOf(e.Member));
            history.Happened("error", $"{e.Member.Address} is unreachable", SinceTens(history, "unreachable", e.Member));
        });
        Receive<ClusterEvent.ReachableMember>(e =>
        {
            unreachable.Remove(e.Member.UniqueAddress);
            history.Reachable(MemberFacts.HolderOf(e.Member));
            history.Happened("info", $"{e.Member.Address} is reachable again", SinceTens(history, "reachable", e.Member));
        });
        ReceiveAny(_ => { });
    }

    protected override void PreStart() =>
        cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent), typeof(ClusterEvent.ClusterShuttingDown));

    protected override void PostStop() => cluster.Unsubscribe(Self);

    private void Found(NodeHistory history, Member member)
    {
        if (!unreachable.Contains(member.UniqueAddress)) history.Lives(MemberFacts.HolderOf(member));
    }

    private static string Id(string what, Member member) => $"{what} {MemberFacts.Of(member).Incarnation}";

    /// <summary>May happen more than once to one incarnation: what several nodes see within ten seconds counts as the same.</summary>
    private static string SinceTens(NodeHistory history, string what, Member member) => $"{Id(what, member)} {history.NowMs / 10_000}";
}
