using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Eventual;

/// <summary>
/// What must happen by itself: sums up what is due, compares clocks with the other nodes, and hurries the others along after a cut: whoever comes back gets what was changed meanwhile at once, and whoever
/// joins gets the large buckets one by one. All else comes by the replicator's gossip, in which several buckets travel together, which large ones might not fit.
/// </summary>
internal sealed class EventualKeeper : ReceiveActor, IWithTimers
{
    public const string Name = "eventual";

    /// <summary>As many of these as gossip sends at once fit into a message.</summary>
    internal const int LargeBytes = 192 * 1024;

    private const long NoticedAfterMs = 5000;
    private static readonly TimeSpan ClockEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OthersGrace = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SpreadAtMost = TimeSpan.FromSeconds(3);

    private readonly EventualNode node;
    private readonly EventualParts parts;
    private readonly Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter log = Context.GetLogger();
    private readonly Dictionary<Address, long> unreachable = [];
    private Task work = Task.CompletedTask;
    private Task catchUp = Task.CompletedTask;

    public EventualKeeper(EventualNode node, EventualParts parts)
    {
        this.node = node;
        this.parts = parts;
        Receive<Tick>(tick => OnTick(tick));
        Receive<ClockReading>(reading => parts.Heard(reading.Address, reading.WallMs, cluster.State.Members.Select(m => m.Address.ToString()).ToHashSet()));
        Receive<ClusterEvent.UnreachableMember>(e =>
        {
            unreachable[e.Member.Address] = Environment.TickCount64;
            parts.Cut(Environment.TickCount64 - NoticedAfterMs);
        });
        Receive<ClusterEvent.ReachableMember>(e => OnReachable(e.Member.Address));
        Receive<ClusterEvent.MemberUp>(e => OnUp(e.Member));
        Receive<ClusterEvent.MemberRemoved>(e => OnRemoved(e.Member.Address));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IReachabilityEvent), typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.MemberRemoved));
        Timers.StartPeriodicTimer("clock", Tick.Clock, TimeSpan.Zero, ClockEvery);
        Timers.StartPeriodicTimer("sweep", Tick.Sweep, SweepEvery);
    }

    protected override void PostStop() => cluster.Unsubscribe(Self);

    private void OnTick(Tick tick)
    {
        if (tick == Tick.Clock)
        {
            var reading = new ClockReading { Address = cluster.SelfAddress.ToString(), WallMs = EventualParts.OwnMs };
            foreach (var member in cluster.State.Members.Where(m => m.Address != cluster.SelfAddress))
                Context.ActorSelection(new RootActorPath(member.Address) / "user" / Name).Tell(reading);
        }
        else
        {
            if (work.IsCompleted && KnowsTheTime) work = RunAsync("summing up", () => SweepAsync());
            // Those who have come back did not all say that they have what they missed.
            if (catchUp.IsCompleted && parts.Lag.ToBeSentSince is { } since) catchUp = RunAsync("catching up", () => CatchUpAsync(since));
        }
    }

    /// <summary>By a wrong clock that nobody has corrected yet, increments would be summed up whose repeats are still to come.</summary>
    private bool KnowsTheTime => cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.Leaving && (cluster.State.Members.Count == 1 || parts.HasHeardClocks);

    private async Task SweepAsync()
    {
        for (var bucket = 0; bucket < Placing.Buckets && parts.IsLoaded; bucket++) await node.SweepAsync(bucket, (long)OthersGrace.TotalMilliseconds);
    }

    private void OnReachable(Address address)
    {
        if (!unreachable.Remove(address, out var since)) return;
        if (unreachable.Count == 0) parts.Lag.Healed();
        // What was sent shortly before it was noticed may be lost as well.
        _ = RunAsync($"catching up {address}", () => CatchUpAsync(since - NoticedAfterMs));
    }

    private async Task CatchUpAsync(long sinceTick)
    {
        if (await SpreadAsync(parts.ChangedSince(sinceTick))) parts.Lag.CaughtUp();
    }

    private void OnRemoved(Address address)
    {
        // Whoever joins has all of it anyway before it counts.
        if (!unreachable.Remove(address) || unreachable.Count > 0) return;
        parts.Lag.Healed();
        parts.Lag.CaughtUp();
    }

    private void OnUp(Member member)
    {
        if (member.Address == cluster.SelfAddress) return;
        _ = RunAsync($"catching up {member.Address}", async () =>
        {
            if (!parts.IsLoaded) return;
            var (all, _) = await node.ReadAsync([.. Enumerable.Range(0, Placing.Buckets)], EventualConsistency.Local, SpreadAtMost);
            await SpreadAsync([.. Enumerable.Range(0, Placing.Buckets).Where(b => all[b].Bytes > LargeBytes)]);
        });
    }

    /// <summary>False: not all members said that they have it; they get it by gossip.</summary>
    private async Task<bool> SpreadAsync(IReadOnlyList<int> buckets)
    {
        var all = true;
        // A few at a time: each goes whole, to all.
        foreach (var some in buckets.Chunk(8))
        {
            if (!parts.IsLoaded) return false;
            all &= (await Task.WhenAll(some.Select(b => node.SpreadAsync(b, SpreadAtMost)))).All(done => done);
        }
        return all;
    }

    private async Task RunAsync(string what, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e)
        {
            // The next time, or gossip, does it.
            log.Warning("Eventual data, {0}: {1}", what, e.Message);
        }
    }

    private enum Tick
    {
        Clock,
        Sweep,
    }
}
