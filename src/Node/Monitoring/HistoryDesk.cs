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

    public HistoryDesk(NodeHistory history, Func<long, HistoryReport> report)
    {
        Receive<HistoryQuery>(query => Sender.Tell(clock.Tell(Sender.Path.Address.ToString(), query, history.NowMs, report)));
        Receive<ClusterEvent.MemberUp>(e => history.Happened("info", $"{e.Member.Address} is a member", Id("up", e.Member)));
        Receive<ClusterEvent.MemberLeft>(e => history.Happened("info", $"{e.Member.Address} is leaving", Id("leaving", e.Member)));
        Receive<ClusterEvent.MemberDowned>(e => history.Happened("error", $"{e.Member.Address} is being taken out of the cluster", Id("downed", e.Member)));
        Receive<ClusterEvent.MemberRemoved>(e =>
        {
            var downed = e.PreviousStatus == MemberStatus.Down;
            history.Removed(MemberFacts.HolderOf(e.Member), downed);
            history.Happened(downed ? "error" : "info", $"{e.Member.Address} {(downed ? "was taken out of the cluster" : "has left")}", Id("removed", e.Member));
        });
        Receive<ClusterEvent.UnreachableMember>(e =>
        {
            history.Unreachable(MemberFacts.HolderOf(e.Member));
            history.Happened("error", $"{e.Member.Address} is unreachable", SinceTens(history, "unreachable", e.Member));
        });
        Receive<ClusterEvent.ReachableMember>(e =>
        {
            history.Reachable(MemberFacts.HolderOf(e.Member));
            history.Happened("info", $"{e.Member.Address} is reachable again", SinceTens(history, "reachable", e.Member));
        });
        ReceiveAny(_ => { });
    }

    protected override void PreStart() =>
        cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop() => cluster.Unsubscribe(Self);

    private static string Id(string what, Member member) => $"{what} {MemberFacts.Of(member).Incarnation}";

    /// <summary>May happen more than once to one incarnation: what several nodes see within ten seconds counts as the same.</summary>
    private static string SinceTens(NodeHistory history, string what, Member member) => $"{Id(what, member)} {history.NowMs / 10_000}";
}
