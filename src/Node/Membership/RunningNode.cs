using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster.Sharding;
using Akka.Hosting.Logging;
using AkkaHa.Core.Entities;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Placement;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Membership;

/// <summary>One incarnation of this node: an actor system that is, or tries to be, a member of the cluster.</summary>
internal sealed class RunningNode
{
    private RunningNode(ActorSystem system, NodeParts parts, IActorRef region, MemberFacts facts)
    {
        System = system;
        Parts = parts;
        Region = region;
        Facts = facts;
    }

    public ActorSystem System { get; }

    public NodeParts Parts { get; }

    public IActorRef Region { get; }

    public MemberFacts Facts { get; }

    public Akka.Cluster.Cluster Cluster => Akka.Cluster.Cluster.Get(System);

    public static async Task<RunningNode> StartAsync(
        NodeSettings settings, Database database, OwnershipStore ownership, RuleSwitches rules, ILoggerFactory loggers)
    {
        var incarnation = Guid.CreateVersion7().ToString("N");
        var facts = MemberFacts.Of(settings, incarnation, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var parts = new NodeParts(settings, ownership, new Grants(), incarnation, rules);
        var setup = ActorSystemSetup.Empty
            .And(BootstrapSetup.Create().WithConfig(AkkaConfig.For(settings, facts, database)))
            .And(new LoggerFactorySetup(loggers))
            .And(JournalSetup.Connection(database))
            .And(parts);
        var system = ActorSystem.Create(NodeNames.ActorSystem, setup);
        try
        {
            var cluster = Akka.Cluster.Cluster.Get(system);
            parts.Holder = $"{cluster.SelfAddress} {incarnation}";
            var extractor = new EntityExtractor(parts.Shards);
            var region = await ClusterSharding.Get(system).StartAsync(
                NodeNames.Region, EntityActor.Props, ClusterShardingSettings.Create(system), extractor,
                new RingAllocation(settings.Shards, () => cluster.State, () => cluster.SelfAddress), StopEntity.Instance);
            parts.Region = region;
            system.ActorOf(Props.Create(() => new SlotKeeper(parts, region)), "slot-keeper");
            var seeds = settings.Cluster.SeedNodes.Select(Address.Parse).ToArray();
            if (seeds.Length == 0) cluster.Join(cluster.SelfAddress);
            else cluster.JoinSeedNodes(seeds);
            return new RunningNode(system, parts, region, facts);
        }
        catch
        {
            await system.Terminate();
            throw;
        }
    }

    /// <summary>Leaves the cluster, handing the shards over, and ends.</summary>
    public async Task LeaveAsync()
    {
        Parts.Leaving = true;
        await CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ClrExitReason.Instance);
        await Parts.Releases.WhenDoneAsync();
    }
}
