using System.Data.Common;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting.Logging;
using AkkaHa.Core.Entities;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Placement;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Outcomes;

namespace AkkaHa.Node.Membership;

/// <summary>One incarnation of this node: an actor system that is, or tries to be, a member of the cluster.</summary>
internal sealed class RunningNode
{
    private static readonly TimeSpan SayGoodbyeFor = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReleaseFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndAtMost = TimeSpan.FromSeconds(5);

    private readonly Database database;
    private readonly ILogger log;

    private RunningNode(ActorSystem system, NodeParts parts, MemberFacts facts, MembershipSignals signals, Joining joining, EventualNode eventual, Database database, ILogger log)
    {
        this.database = database;
        this.log = log;
        System = system;
        Parts = parts;
        Facts = facts;
        Cluster = Akka.Cluster.Cluster.Get(system);
        Signals = signals;
        Disturbances = new Disturbances(parts.Moves, signals, parts.Settings.Shards);
        Joining = joining;
        Eventual = eventual;
    }

    public ActorSystem System { get; }

    public NodeParts Parts { get; }

    public IActorRef Region => Parts.Region;

    public MemberFacts Facts { get; }

    public Akka.Cluster.Cluster Cluster { get; }

    /// <summary>Tells when a member is gone, and when this one is asked to go.</summary>
    public MembershipSignals Signals { get; }

    /// <summary>What may lose calls that are under way to entities.</summary>
    public Disturbances Disturbances { get; }

    /// <summary>Brings it into the cluster.</summary>
    public Joining Joining { get; }

    /// <summary>Eventual data.</summary>
    public EventualNode Eventual { get; }

    public static async Task<RunningNode> StartAsync(NodeSettings settings, Database shared, RuleSwitches rules, Admission admission, ILoggerFactory loggers, CancellationToken ct)
    {
        var incarnation = Guid.CreateVersion7().ToString("N");
        var database = shared.Of(incarnation);
        var facts = MemberFacts.Of(settings, incarnation, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var log = loggers.CreateLogger("AkkaHa.Node");
        var parts = new NodeParts(settings, incarnation, rules) { Admission = admission };
        var setup = ActorSystemSetup.Empty
            .And(BootstrapSetup.Create().WithConfig(AkkaConfig.For(settings, facts, database)))
            .And(new LoggerFactorySetup(loggers))
            .And(JournalSetup.Connection(database))
            .And(parts);
        var system = ActorSystem.Create(NodeNames.ActorSystem, setup);
        try
        {
            var cluster = Akka.Cluster.Cluster.Get(system);
            var eventual = new EventualNode(system, parts.Eventual);
            await parts.OwnAsync($"{cluster.SelfAddress} {incarnation}", database, loggers, ct);
            await WarmUp.RunAsync(system, cluster.SelfAddress.ToString(), log);
            var signals = new MembershipSignals(cluster, incarnation);
            parts.Region = await ClusterSharding.Get(system).StartAsync(
                NodeNames.Region, EntityActor.Props, ClusterShardingSettings.Create(system), new EntityExtractor(parts.Shards),
                new RingAllocation(settings.Shards, () => cluster.State, () => cluster.SelfAddress, signals.IsLeaving, shard => signals.StayingAddressOf(parts.Moves.HolderOf(shard))), rules.StopAfterWrite ? StopEntity.Instance : PoisonPill.Instance);
            system.ActorOf(Props.Create(() => new SlotKeeper(parts, parts.Region)), "slot-keeper");
            system.ActorOf(Props.Create(() => new Undelivered()), "undelivered");
            system.ActorOf(Props.Create(() => new OutcomeSweeper(parts)), "outcome-sweeper");
            system.ActorOf(Props.Create(() => new WriteNews(cluster, database.Signal)), WriteNews.ActorName);
            var joining = new Joining(cluster, parts, [.. settings.Cluster.SeedNodes.Select(Address.Parse)], log);
            joining.Start();
            return new RunningNode(system, parts, facts, signals, joining, eventual, database, log);
        }
        catch
        {
            await system.Terminate();
            if (parts.GrantKeeper is not null) await parts.DisownAsync(database);
            throw;
        }
    }

    /// <summary>
    /// Done when this incarnation, after that time, is no member yet; otherwise it never is. After a cut from the others alone this was seen to last for minutes, once: its
    /// connections stood, and no seed's answer came. Why is not known; another incarnation has connections of its own.
    /// </summary>
    public async Task WhenKeptOutAsync(TimeSpan time, CancellationToken ct)
    {
        await Task.Delay(time, ct);
        if (Cluster.SelfMember.Status != MemberStatus.Removed) await Task.Delay(Timeout.Infinite, ct);
    }

    /// <summary>Leaves the cluster, handing the shards over, and ends.</summary>
    public async Task LeaveAsync()
    {
        Parts.Leaving = true;
        await new HandOver(Parts, Cluster, Signals, log).RunAsync();
        await Eventual.CloseAsync();
        await CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ClrExitReason.Instance);
        // What the region could not hand over in its time: no entity runs here any more.
        Parts.GrantKeeper.ReleaseAll();
        await Parts.GrantKeeper.WhenReleasedAsync();
        try
        {
            await Parts.LeaseStore.RetireAsync(Parts.Holder);
        }
        catch (Exception e) when (e is DbException or SocketException or TimeoutException)
        {
            // Its row stays until somebody fences it. It holds nothing, and so is in nobody's way.
        }
        await Parts.DisownAsync(database);
    }

    /// <summary>
    /// Ends an incarnation that is over: fenced, or out of the cluster. It answers nothing from here on, and so its shards can be given back at once;
    /// where the database can't be told, others take them when its lease has run out.
    /// </summary>
    public async Task EndAsync()
    {
        Parts.Leaving = true;
        Signals.Over();
        Parts.Leases.Stop();
        Parts.GrantKeeper.ReleaseAll();
        // While it is a member: the replicator ends with that.
        await Task.WhenAny(Eventual.CloseAsync(), Task.Delay(SayGoodbyeFor));
        if (Cluster.SelfMember.Status is not (MemberStatus.Down or MemberStatus.Removed))
        {
            // Says so, where that can be heard: then the others need not find out.
            Cluster.Down(Cluster.SelfAddress);
            await Task.WhenAny(Signals.WhenRemoved, Task.Delay(SayGoodbyeFor));
        }
        await Task.WhenAny(Parts.GrantKeeper.WhenReleasedAsync(), Task.Delay(ReleaseFor));
        await Task.WhenAny(System.Terminate(), Task.Delay(EndAtMost));
        await Parts.DisownAsync(database);
    }
}
