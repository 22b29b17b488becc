using Akka.Actor;
using Akka.Cluster;

namespace AkkaHa.Node.Membership;

/// <summary>What the process wants to hear of its membership.</summary>
internal sealed class MembershipSignals
{
    private readonly TaskCompletionSource askedToLeave = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<string> memberLost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MembershipSignals(Akka.Cluster.Cluster cluster)
    {
        cluster.RegisterOnMemberRemoved(() => removed.TrySetResult());
        cluster.System.ActorOf(Props.Create(() => new Listener(cluster, this)), "membership-signals");
    }

    /// <summary>
    /// Done at the next removal of a member, with its name in the rows of ownership: what was sent to it is lost without a word, and its shards have, or will soon have, another owner.
    /// </summary>
    public Task<string> NextMemberLost => Volatile.Read(ref memberLost).Task;

    /// <summary>Done when this node's own membership begins to end because somebody, here or elsewhere, has asked for it.</summary>
    public Task WhenAskedToLeave => askedToLeave.Task;

    /// <summary>Done when this node is no member any more: it has left, or was downed.</summary>
    public Task WhenRemoved => removed.Task;

    /// <summary>Done when this incarnation begins to end: nothing that was asked of its entities is answered any more.</summary>
    public Task WhenOver => over.Task;

    /// <summary>This incarnation ends.</summary>
    public void Over() => over.TrySetResult();

    private void OnRemoved(Member member) =>
        Interlocked.Exchange(ref memberLost, new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(MemberFacts.HolderOf(member));

    private sealed class Listener : ReceiveActor
    {
        private readonly Akka.Cluster.Cluster cluster;

        public Listener(Akka.Cluster.Cluster cluster, MembershipSignals signals)
        {
            this.cluster = cluster;
            Receive<ClusterEvent.MemberRemoved>(e => signals.OnRemoved(e.Member));
            Receive<ClusterEvent.MemberLeft>(e =>
            {
                if (e.Member.UniqueAddress == cluster.SelfUniqueAddress) signals.askedToLeave.TrySetResult();
            });
        }

        protected override void PreStart() =>
            cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.MemberLeft));

        protected override void PostStop() => cluster.Unsubscribe(Self);
    }
}
