using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Membership;

/// <summary>What the process wants to hear of its membership, and what nodes tell one another about it.</summary>
internal sealed class MembershipSignals
{
    /// <summary>Under <c>/user</c>.</summary>
    public const string ActorName = "membership-signals";

    private static readonly TimeSpan AnswerAtMost = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource askedToLeave = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, bool> leaving = new(StringComparer.Ordinal);
    private readonly Akka.Cluster.Cluster cluster;
    private readonly string incarnation;
    private volatile bool isMember;
    private TaskCompletionSource<string> memberLost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MembershipSignals(Akka.Cluster.Cluster cluster, string incarnation)
    {
        this.cluster = cluster;
        this.incarnation = incarnation;
        cluster.RegisterOnMemberRemoved(() => removed.TrySetResult());
        cluster.System.ActorOf(Props.Create(() => new Listener(this)), ActorName);
    }

    /// <summary>
    /// Done at the next removal of a member, with its name in the rows of ownership: what was sent to it is lost without a word, and its shards have, or will soon have, another owner.
    /// </summary>
    public Task<string> NextMemberLost => Volatile.Read(ref memberLost).Task;

    /// <summary>Done when this node's own membership begins to end because somebody, here or elsewhere, has asked for it.</summary>
    public Task WhenAskedToLeave => askedToLeave.Task;

    /// <summary>Done when this node is no member any more: it has left, or was downed.</summary>
    public Task WhenRemoved => removed.Task;

    /// <summary>Whether this node has become a member of the cluster, and is one still. Cheap: each call asks.</summary>
    public bool IsMember
    {
        get
        {
            if (removed.Task.IsCompleted) return false;
            return isMember || (isMember = cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Down);
        }
    }

    /// <summary>Done when this incarnation begins to end: nothing that was asked of its entities is answered any more.</summary>
    public Task WhenOver => over.Task;

    /// <summary>This incarnation ends.</summary>
    public void Over() => over.TrySetResult();

    /// <summary>Whether that incarnation has said that it is going to leave, and is a member still.</summary>
    public bool IsLeaving(string name) => leaving.ContainsKey(name);

    /// <summary>The address of the member that this name in the rows of ownership is, when it is one and stays; null: it is none, or goes.</summary>
    public string? StayingAddressOf(string? holder) =>
        holder is not null && cluster.State.Members.FirstOrDefault(m => MemberFacts.HolderOf(m) == holder) is { Status: MemberStatus.Up } member && !IsLeaving(MemberFacts.Of(member).Incarnation) ? member.Address.ToString() : null;

    /// <summary>Tells all members that this one is going to leave. Who does not hear it does without.</summary>
    public void TellLeaving()
    {
        foreach (var member in cluster.State.Members) At(member).Tell(new MemberSignal { Incarnation = incarnation, Kind = MemberSignalKind.Leaving });
    }

    /// <summary>
    /// Asks a member to leave. It hands its shards over before it begins to, which Akka's own message to leave would not let it.
    /// </summary>
    /// <returns>False: it did not answer, or is another incarnation by now.</returns>
    public async Task<bool> AskToLeaveAsync(Member member, CancellationToken ct)
    {
        try
        {
            return await At(member).Ask<bool>(new MemberSignal { Incarnation = MemberFacts.Of(member).Incarnation, Kind = MemberSignalKind.Leave }, AnswerAtMost, ct);
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    private ActorSelection At(Member member) => cluster.System.ActorSelection(new RootActorPath(member.Address) / "user" / ActorName);

    private void OnRemoved(Member member)
    {
        leaving.TryRemove(MemberFacts.Of(member).Incarnation, out _);
        Interlocked.Exchange(ref memberLost, new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(MemberFacts.HolderOf(member));
    }

    private sealed class Listener : ReceiveActor
    {
        private readonly MembershipSignals signals;

        public Listener(MembershipSignals signals)
        {
            this.signals = signals;
            Receive<ClusterEvent.MemberRemoved>(e => signals.OnRemoved(e.Member));
            Receive<ClusterEvent.MemberLeft>(e =>
            {
                if (e.Member.UniqueAddress == signals.cluster.SelfUniqueAddress) signals.askedToLeave.TrySetResult();
            });
            Receive<MemberSignal>(signal => signal.Kind == MemberSignalKind.Leaving, signal => signals.leaving[signal.Incarnation] = true);
            Receive<MemberSignal>(signal => signal.Kind == MemberSignalKind.Leave, signal =>
            {
                var meant = signal.Incarnation == signals.incarnation;
                if (meant) signals.askedToLeave.TrySetResult();
                Sender.Tell(meant);
            });
        }

        protected override void PreStart() =>
            signals.cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.MemberLeft));

        protected override void PostStop() => signals.cluster.Unsubscribe(Self);
    }
}
