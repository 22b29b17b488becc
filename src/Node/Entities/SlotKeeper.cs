using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Entities;

/// <summary>
/// Keeps every slot of sessions and transactions running, so that what must happen by itself (an expiry, the end of a transaction in doubt) waits for nobody to ask:
/// wakes the slots of a shard when it is taken here; and on the leader, calls on all of them, so that every shard has an owner.
/// </summary>
internal sealed class SlotKeeper : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan RoundEvery = TimeSpan.FromSeconds(2);

    private readonly NodeParts parts;
    private readonly IActorRef region;
    private readonly Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly IActorRef self;

    public SlotKeeper(NodeParts parts, IActorRef region)
    {
        this.parts = parts;
        this.region = region;
        self = Self;
        Receive<ShardTaken>(taken => Wake(taken.Shard));
        Receive<Round>(_ => CallOnAll());
        Receive<ClusterEvent.IMemberEvent>(e =>
        {
            if (e is ClusterEvent.MemberRemoved or ClusterEvent.MemberUp) CallOnAll();
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        parts.Grants.Taken += OnTaken;
        cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Timers.StartPeriodicTimer(Round.Instance, Round.Instance, TimeSpan.FromMilliseconds(300), RoundEvery);
        base.PreStart();
    }

    protected override void PostStop()
    {
        parts.Grants.Taken -= OnTaken;
        cluster.Unsubscribe(Self);
        base.PostStop();
    }

    private void OnTaken(int shard) => self.Tell(new ShardTaken(shard));

    private void CallOnAll()
    {
        // A leader that leaves would only wake what it is about to hand over.
        if (cluster.State.Leader != cluster.SelfAddress || cluster.SelfMember.Status != MemberStatus.Up || !parts.DatabaseAnswers) return;
        for (var shard = 0; shard < parts.Shards.ShardCount; shard++) Wake(shard);
    }

    private void Wake(int shard)
    {
        if (parts.Leaving) return;
        foreach (var slot in (ReadOnlySpan<EntityId>)[EntityId.SessionSlot(shard), EntityId.TransactionSlot(shard)])
            region.Tell(new Command { Entity = slot.ToString(), Sender = "node", Wake = new Wake() }, ActorRefs.NoSender);
    }

    private sealed record ShardTaken(int Shard);

    private sealed class Round
    {
        public static readonly Round Instance = new();
    }
}
