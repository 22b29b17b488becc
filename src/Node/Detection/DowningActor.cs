using System.Data.Common;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Membership;
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
    private readonly Dictionary<UniqueAddress, Suspect> suspects = [];
    private readonly ILoggingAdapter log = Context.GetLogger();

    public DowningActor(Akka.Cluster.Cluster cluster, Props resolver)
    {
        this.cluster = cluster;
        this.resolver = resolver;
        parts = NodeParts.Of(Context.System);
        Receive<Look>(_ => LookAtAll());
        Receive<Knocked>(OnKnocked);
        Receive<FenceEnded>(OnFenceEnded);
        Receive<ClusterEvent.MemberDowned>(e => Fence(e.Member, EvidenceKind.None, atCounter: null));
        Receive<ClusterEvent.MemberRemoved>(e => suspects.Remove(e.Member.UniqueAddress));
        Receive<ClusterEvent.IClusterDomainEvent>(_ => { });
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
    }

    private sealed class Suspect
    {
        public int Refusals { get; set; }

        public bool Knocking { get; set; }

        public bool Fencing { get; set; }

        public bool Fenced { get; set; }

        public long DownedMs { get; set; } = -DownAgainAfterMs;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.ActorOf(resolver.WithDispatcher(Context.Props.Dispatcher), "resolver");
        cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberDowned), typeof(ClusterEvent.MemberRemoved));
        var every = TimeSpan.FromMilliseconds(parts.Settings.Detection.ProbeEveryMs);
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, every);
        base.PreStart();
    }

    protected override void PostStop()
    {
        cluster.Unsubscribe(Self);
        base.PostStop();
    }

    private void LookAtAll()
    {
        // Before this incarnation is in the database, it has no say.
        if (parts.Leases is not { } leases || leases.Lease.IsFenced) return;
        var state = cluster.State;
        foreach (var member in state.Members)
        {
            if (member.UniqueAddress == cluster.SelfUniqueAddress || member.Status is MemberStatus.Down or MemberStatus.Removed) continue;
            var unreachable = state.Unreachable.Contains(member);
            if (!suspects.TryGetValue(member.UniqueAddress, out var suspect)) suspects[member.UniqueAddress] = suspect = new Suspect();
            if (!unreachable) suspect.Refusals = 0;
            else if (!suspect.Knocking) Knock(member, suspect);
            var node = MemberFacts.HolderOf(member);
            var expiredAt = leases.ExpiredAt(node);
            var evidence = Evidence.Judge(LeaseTimings(), unreachable, suspect.Refusals, leases.Find(node), expiredAt, leases.UnchangedMs(node));
            if (evidence == EvidenceKind.None || suspect.Fencing) continue;
            if (suspect.Fenced) Down(member, evidence);
            // A crash is sure whatever the counter; of a lease that has run out, the counter is the evidence.
            else Fence(member, evidence, evidence is EvidenceKind.LeaseExpired or EvidenceKind.WithoutDatabase ? leases.Find(node)?.Counter : null);
        }
    }

    private LeaseTimings LeaseTimings() => new(parts.Settings.Ownership.LeaseMs, parts.Settings.Ownership.RenewEveryMs, parts.Settings.Ownership.WithoutLeaseMs);

    private void Knock(Member member, Suspect suspect)
    {
        suspect.Knocking = true;
        var timeout = TimeSpan.FromMilliseconds(parts.Settings.Detection.ProbeTimeoutMs);
        PortProbe.IsRefusedAsync(member.Address.Host, member.Address.Port ?? 0, timeout)
            .PipeTo(Self, success: refused => new Knocked(member.UniqueAddress, refused), failure: _ => new Knocked(member.UniqueAddress, false));
    }

    private void OnKnocked(Knocked knocked)
    {
        if (!suspects.TryGetValue(knocked.Member, out var suspect)) return;
        suspect.Knocking = false;
        suspect.Refusals = knocked.Refused ? suspect.Refusals + 1 : 0;
        if (suspect.Refusals >= Evidence.RefusalsNeeded) LookAtAll();
    }

    private void Fence(Member member, EvidenceKind evidence, long? atCounter)
    {
        if (parts.Leases is not { } leases || leases.Lease.IsFenced || member.UniqueAddress == cluster.SelfUniqueAddress) return;
        if (!suspects.TryGetValue(member.UniqueAddress, out var suspect)) suspects[member.UniqueAddress] = suspect = new Suspect();
        if (suspect.Fencing || suspect.Fenced) return;
        suspect.Fencing = true;
        FenceAsync(MemberFacts.HolderOf(member), atCounter).PipeTo(Self,
            success: fenced => new FenceEnded(member, evidence, fenced, null), failure: e => new FenceEnded(member, evidence, false, e));
    }

    private async Task<bool> FenceAsync(string node, long? atCounter)
    {
        using var patience = new CancellationTokenSource(FenceAtMost);
        return await parts.LeaseStore.FenceAsync(parts.Holder, node, atCounter, patience.Token);
    }

    private void OnFenceEnded(FenceEnded ended)
    {
        if (suspects.TryGetValue(ended.Member.UniqueAddress, out var suspect))
        {
            suspect.Fencing = false;
            suspect.Fenced |= ended.Fenced;
        }
        if (ended.Fenced && ended.Evidence != EvidenceKind.None) Down(ended.Member, ended.Evidence);
        else if (ended.Fenced) log.Info("{0}, which is down, has been fenced", MemberFacts.HolderOf(ended.Member));
        else if (ended.Failure is DbException or OperationCanceledException) log.Debug("{0} could not be fenced: {1}", ended.Member.Address, ended.Failure.Message);
        else if (ended.Failure is not null) log.Warning("{0} could not be fenced: {1}", ended.Member.Address, ended.Failure.Message);
    }

    private void Down(Member member, EvidenceKind evidence)
    {
        // Until gossip has it, and that may take a moment.
        if (!suspects.TryGetValue(member.UniqueAddress, out var suspect) || MonotonicClock.NowMs - suspect.DownedMs < DownAgainAfterMs) return;
        suspect.DownedMs = MonotonicClock.NowMs;
        // Down goes by address: another incarnation may be there by now.
        if (!cluster.State.Members.Any(m => m.UniqueAddress == member.UniqueAddress && m.Status is not (MemberStatus.Down or MemberStatus.Removed))) return;
        log.Warning("Downing {0}, incarnation {1}, which has been fenced: {2}", member.Address, MemberFacts.Of(member).Incarnation, evidence switch
        {
            EvidenceKind.Crashed => "it can't be reached and its port refuses connections",
            EvidenceKind.LeaseExpired => "it can't be reached and its lease has run out",
            EvidenceKind.WithoutDatabase => $"it has not renewed its lease for {parts.Settings.Ownership.WithoutLeaseMs} ms, while this node has",
            _ => "its incarnation is over",
        });
        cluster.Down(member.Address);
    }

    private sealed record Knocked(UniqueAddress Member, bool Refused);

    private sealed record FenceEnded(Member Member, EvidenceKind Evidence, bool Fenced, Exception? Failure);

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}
