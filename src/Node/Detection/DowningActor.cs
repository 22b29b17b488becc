using System.Data.Common;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Detection;

/// <summary>
/// Looks at every other member for evidence that it is gone; fences it in the database, and only then downs it. The fence decides between two sides that would each down
/// the other: no database, no downing on evidence. Whoever goes down for another reason is fenced as well, as soon as the database can be reached.
/// </summary>
internal sealed class DowningActor : ReceiveActor, IWithTimers
{
    private const long DownAgainAfterMs = 1000;
    private static readonly TimeSpan FenceAtMost = TimeSpan.FromSeconds(3);

    private readonly Akka.Cluster.Cluster cluster;
    private readonly Props resolver;
    private readonly NodeParts parts;
    private readonly CrashEvidence crashes;
    private readonly Dictionary<UniqueAddress, Suspect> suspects = [];
    private readonly HashSet<string> toFence = new(StringComparer.Ordinal);
    private readonly HashSet<string> beingFenced = new(StringComparer.Ordinal);
    private readonly ILoggingAdapter log = Context.GetLogger();

    public DowningActor(Akka.Cluster.Cluster cluster, Props resolver)
    {
        this.cluster = cluster;
        this.resolver = resolver;
        parts = NodeParts.Of(Context.System);
        crashes = CrashEvidence.Of(Context.System.EventStream);
        Receive<Look>(_ => LookAtAll());
        Receive<Knocked>(OnKnocked);
        Receive<FenceEnded>(OnFenceEnded);
        Receive<DisassociatedEvent>(OnDisassociated);
        Receive<ClusterEvent.UnreachableMember>(_ => LookAtAll());
        Receive<ClusterEvent.MemberDowned>(e => OnDown(e.Member));
        Receive<ClusterEvent.MemberRemoved>(OnRemoved);
        Receive<ClusterEvent.IClusterDomainEvent>(_ => { });
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
    }

    private sealed class Suspect
    {
        public int Refusals { get; set; }

        /// <summary>A connection with it has ended, and why is not known yet.</summary>
        public bool Disassociated { get; set; }

        public bool Knocking { get; set; }

        public bool Fencing { get; set; }

        public bool Fenced { get; set; }

        public long DownedMs { get; set; } = -DownAgainAfterMs;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.ActorOf(resolver.WithDispatcher(Context.Props.Dispatcher), "resolver");
        cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.UnreachableMember), typeof(ClusterEvent.MemberDowned), typeof(ClusterEvent.MemberRemoved));
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        var every = TimeSpan.FromMilliseconds(parts.Settings.Detection.ProbeEveryMs);
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, every);
        base.PreStart();
    }

    protected override void PostStop()
    {
        cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
        base.PostStop();
    }

    /// <summary>The system closes the connections of a process that ends, and this is known at once, long before its heartbeats are missed.</summary>
    private void OnDisassociated(DisassociatedEvent ended)
    {
        foreach (var member in cluster.State.Members.Where(m => m.Address == ended.RemoteAddress && m.UniqueAddress != cluster.SelfUniqueAddress))
        {
            var suspect = SuspectOf(member);
            suspect.Disassociated = true;
            if (!suspect.Knocking) Knock(member, suspect);
        }
    }

    private Suspect SuspectOf(Member member)
    {
        if (!suspects.TryGetValue(member.UniqueAddress, out var suspect)) suspects[member.UniqueAddress] = suspect = new Suspect();
        return suspect;
    }

    private void LookAtAll()
    {
        // Before this incarnation is in the database, it has no say.
        if (parts.Leases is not { } leases || leases.Lease.IsFenced) return;
        foreach (var node in toFence) FenceDown(node);
        var state = cluster.State;
        foreach (var member in state.Members)
        {
            if (member.UniqueAddress == cluster.SelfUniqueAddress || member.Status is MemberStatus.Down or MemberStatus.Removed) continue;
            // What this node has just found out will be in the cluster's state at its next look.
            var unreachable = state.Unreachable.Contains(member) || crashes.Has(member.Address);
            var suspect = SuspectOf(member);
            if ((unreachable || suspect.Disassociated) && !suspect.Knocking) Knock(member, suspect);
            var node = MemberFacts.HolderOf(member);
            var (evidence, atCounter) = Evidence.Judge(parts.Timings, unreachable, suspect.Refusals, leases.See(node));
            if (evidence == EvidenceKind.None || suspect.Fencing) continue;
            if (suspect.Fenced) Down(member, evidence);
            else FenceAndDown(member, evidence, atCounter);
        }
    }

    private void Knock(Member member, Suspect suspect)
    {
        suspect.Knocking = true;
        var timeout = TimeSpan.FromMilliseconds(parts.Settings.Detection.ProbeTimeoutMs);
        PortProbe.KnockAsync(member.Address.Host, member.Address.Port ?? 0, timeout)
            .PipeTo(Self, success: answer => new Knocked(member.UniqueAddress, answer), failure: _ => new Knocked(member.UniqueAddress, PortAnswer.None));
    }

    private void OnKnocked(Knocked knocked)
    {
        if (!suspects.TryGetValue(knocked.Member, out var suspect)) return;
        suspect.Knocking = false;
        suspect.Refusals = knocked.Answer == PortAnswer.Refused ? suspect.Refusals + 1 : 0;
        suspect.Disassociated &= knocked.Answer == PortAnswer.Refused;
        if (suspect.Refusals < Evidence.RefusalsNeeded)
        {
            crashes.Remove(knocked.Member.Address);
            return;
        }
        // From here on the failure detector finds it unreachable too.
        crashes.Add(knocked.Member.Address);
        LookAtAll();
    }

    private void OnDown(Member member)
    {
        if (member.UniqueAddress == cluster.SelfUniqueAddress || suspects.TryGetValue(member.UniqueAddress, out var suspect) && suspect.Fenced) return;
        toFence.Add(MemberFacts.HolderOf(member));
        LookAtAll();
    }

    private void OnRemoved(ClusterEvent.MemberRemoved removed)
    {
        suspects.Remove(removed.Member.UniqueAddress);
        crashes.Remove(removed.Member.Address);
    }

    /// <summary>On evidence: the fence, and only then the downing.</summary>
    private void FenceAndDown(Member member, EvidenceKind evidence, long? atCounter)
    {
        SuspectOf(member).Fencing = true;
        FenceAsync(MemberFacts.HolderOf(member), atCounter).PipeTo(Self,
            success: fenced => new FenceEnded(MemberFacts.HolderOf(member), member, evidence, fenced, null), failure: e => new FenceEnded(MemberFacts.HolderOf(member), member, evidence, false, e));
    }

    /// <summary>Who is down already, by the resolver or by an operator; again until it is done, also when it is a member no more.</summary>
    private void FenceDown(string node)
    {
        if (!beingFenced.Add(node)) return;
        FenceAsync(node, atCounter: null).PipeTo(Self, success: fenced => new FenceEnded(node, null, EvidenceKind.None, fenced, null), failure: e => new FenceEnded(node, null, EvidenceKind.None, false, e));
    }

    private async Task<bool> FenceAsync(string node, long? atCounter)
    {
        using var patience = new CancellationTokenSource(FenceAtMost);
        return await parts.LeaseStore.FenceAsync(parts.Holder, node, atCounter, patience.Token);
    }

    private void OnFenceEnded(FenceEnded ended)
    {
        if (ended.Failure is DbException or OperationCanceledException) log.Debug("{0} could not be fenced: {1}", ended.Node, ended.Failure.Message);
        else if (ended.Failure is not null) log.Warning("{0} could not be fenced: {1}", ended.Node, ended.Failure.Message);
        if (ended.Fenced) OwnershipMeter.Fenced(ended.Evidence);
        if (ended.Member is not { } member)
        {
            beingFenced.Remove(ended.Node);
            if (ended.Fenced && toFence.Remove(ended.Node)) log.Info("{0}, which is down, has been fenced", ended.Node);
            return;
        }
        if (suspects.TryGetValue(member.UniqueAddress, out var suspect))
        {
            suspect.Fencing = false;
            suspect.Fenced |= ended.Fenced;
        }
        if (ended.Fenced) Down(member, ended.Evidence);
    }

    private void Down(Member member, EvidenceKind evidence)
    {
        // Until gossip has it, and that may take a moment.
        if (suspects.TryGetValue(member.UniqueAddress, out var suspect))
        {
            if (MonotonicClock.NowMs - suspect.DownedMs < DownAgainAfterMs) return;
            suspect.DownedMs = MonotonicClock.NowMs;
        }
        // Who fenced it says why, also where another was quicker to down it.
        log.Warning("Downing {0}, incarnation {1}, which has been fenced: {2}", member.Address, MemberFacts.Of(member).Incarnation, evidence switch
        {
            EvidenceKind.Crashed => "it can't be reached and its port refuses connections",
            EvidenceKind.LeaseExpired => "it can't be reached and its lease has run out",
            EvidenceKind.WithoutDatabase => $"it has had no valid lease for {parts.Settings.Ownership.WithoutLeaseMs} ms, while this node has",
            _ => "its incarnation is over",
        });
        // Down goes by address: another incarnation may be there by now.
        if (!cluster.State.Members.Any(m => m.UniqueAddress == member.UniqueAddress && m.Status is not (MemberStatus.Down or MemberStatus.Removed))) return;
        cluster.Down(member.Address);
    }

    private sealed record Knocked(UniqueAddress Member, PortAnswer Answer);

    private sealed record FenceEnded(string Node, Member? Member, EvidenceKind Evidence, bool Fenced, Exception? Failure);

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}
