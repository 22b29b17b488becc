using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Entities;

/// <summary>
/// Keeps every slot of sessions and transactions running, so that what must happen by itself (an expiry, the end of a transaction in doubt) waits for nobody to ask:
/// wakes the slots of a shard some time after it was taken here; and on the leader, calls on all of them, so that every shard has an owner. None of this is urgent, and each slot is
/// read from the database: after a failover what clients wait for goes first, and a slot that they ask for is awake anyway.
/// </summary>
internal sealed class SlotKeeper : ReceiveActor, IWithTimers
{
    private const int ShardsAtOnce = 4;
    private static readonly TimeSpan RoundEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterLoss = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AfterTaken = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenShards = TimeSpan.FromMilliseconds(100);

    private readonly NodeParts parts;
    private readonly IActorRef region;
    private readonly Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly IActorRef self;
    private readonly Queue<int> taken = new();

    public SlotKeeper(NodeParts parts, IActorRef region)
    {
        this.parts = parts;
        this.region = region;
        self = Self;
        Receive<ShardTaken>(t =>
        {
            if (taken.Count == 0) Timers.StartSingleTimer(WakeTaken.Instance, WakeTaken.Instance, AfterTaken);
            taken.Enqueue(t.Shard);
        });
        Receive<WakeTaken>(_ =>
        {
            for (var i = 0; i < ShardsAtOnce && taken.TryDequeue(out var shard); i++)
                if (parts.Grants.EpochOf(shard) is not null) Wake(shard);
            if (taken.Count > 0) Timers.StartSingleTimer(WakeTaken.Instance, WakeTaken.Instance, BetweenShards);
        });
        Receive<Round>(_ => CallOnAll());
        Receive<ClusterEvent.MemberUp>(_ => CallOnAll());
        // The next round comes later.
        Receive<ClusterEvent.MemberRemoved>(_ => StartRounds(AfterLoss));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        parts.Grants.Taken += OnTaken;
        cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.MemberRemoved));
        StartRounds(TimeSpan.FromMilliseconds(300));
        base.PreStart();
    }

    protected override void PostStop()
    {
        parts.Grants.Taken -= OnTaken;
        cluster.Unsubscribe(Self);
        base.PostStop();
    }

    private void StartRounds(TimeSpan first) => Timers.StartPeriodicTimer(Round.Instance, Round.Instance, first, RoundEvery);

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

    private sealed class WakeTaken
    {
        public static readonly WakeTaken Instance = new();
    }

    private sealed class Round
    {
        public static readonly Round Instance = new();
    }
}
