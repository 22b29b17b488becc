using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Management;

/// <summary>The cluster, from the present incarnation's gossip and its sharding region.</summary>
internal sealed class ClusterMonitor(NodeLifecycle lifecycle, ILogger<ClusterMonitor> log) : IClusterMonitor
{
    private const int SeedNodesShown = 5;
    private const int EventsAhead = 128;
    private static readonly TimeSpan RegionAnswersWithin = TimeSpan.FromSeconds(5);

    public MembersView Members()
    {
        var cluster = Running().Cluster;
        var state = cluster.State;
        var up = state.Members.Where(m => m.Status == MemberStatus.Up).Order(Member.AgeOrdering).ToArray();
        return new MembersView(
            cluster.SelfAddress.ToString(),
            [.. state.Members.Select(View)],
            [.. state.Unreachable.OrderBy(m => m.Address.ToString(), StringComparer.Ordinal).Select(m => new UnreachableView(m.Address.ToString(), ObserversOf(cluster, m)))],
            state.Leader?.ToString(),
            up.FirstOrDefault()?.Address.ToString(),
            up.SelectMany(m => MemberFacts.Of(m).Roles.Select(role => (Role: role, m.Address))).GroupBy(m => m.Role, StringComparer.Ordinal)
                .ToDictionary(g => g.Key, g => g.First().Address.ToString(), StringComparer.Ordinal));
    }

    public MemberView? Find(string address) =>
        Running().Cluster.State.Members.FirstOrDefault(m => m.Address.ToString() == address || m.Address.HostPort() == address) is { } member ? View(member) : null;

    public SeedNodesView SeedNodes()
    {
        var cluster = Running().Cluster;
        var state = cluster.State;
        return new SeedNodesView(
            cluster.SelfAddress.ToString(),
            [
                .. state.Members.Where(m => !state.Unreachable.Contains(m) && m.Status is MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Joining).Take(SeedNodesShown)
                    .Select(m => new SeedNodeView(m.Address.ToString(), m.UniqueAddress.Uid, m.Status.ToString(), MemberFacts.Of(m).Roles)),
            ]);
    }

    public ShardTypesView ShardTypes()
    {
        Running();
        return new ShardTypesView([NodeNames.Region]);
    }

    public async Task<ShardsView?> ShardsAsync(string name, CancellationToken ct)
    {
        var node = Running();
        if (name != NodeNames.Region) return null;
        try
        {
            var stats = await node.Region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, RegionAnswersWithin, ct);
            return new ShardsView([.. stats.Stats.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => new ShardView(s.Key, s.Value))]);
        }
        catch (AskTimeoutException)
        {
            throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"Shard Region {name} not responding"));
        }
    }

    public string? Join(string address)
    {
        var cluster = Running().Cluster;
        if (!ActorPath.TryParse(address + "/x", out var path) || path.Address.System != NodeNames.ActorSystem || path.Address.Port is null)
            return $"is no address of the form akka.tcp://{NodeNames.ActorSystem}@host:port";
        if (cluster.State.Members.Any(m => m.Address == path.Address) && cluster.SelfMember.Status != MemberStatus.Removed) return null;
        if (cluster.SelfMember.Status != MemberStatus.Removed) return "can't be joined: this node is a member of a cluster already";
        // That would make a cluster of its own, perhaps beside one that lives; only Joining may, which asks the database first.
        if (path.Address == cluster.SelfAddress) return "is this node's own; it founds no cluster by this route";
        log.LogInformation("Asked to join by {Address}", path.Address);
        cluster.Join(path.Address);
        return null;
    }

    public ChannelReader<string> Events(IReadOnlyList<Type> types, CancellationToken over)
    {
        var node = Running();
        var events = Channel.CreateBounded<string>(new BoundedChannelOptions(EventsAhead) { SingleReader = true, SingleWriter = true });
        if (types.Count == 0) return events.Reader;
        var listener = node.System.ActorOf(Props.Create(() => new Listener(node.Cluster, types, events.Writer)));
        over.Register(() => node.System.Stop(listener));
        return events.Reader;
    }

    private static MemberView View(Member member) =>
        new(member.Address.ToString(), member.UniqueAddress.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture), member.Status.ToString(), MemberFacts.Of(member).Roles);

    /// <summary>Gossip's own table of who observes whom is not to be had: this node knows of itself.</summary>
    private static IReadOnlyList<string> ObserversOf(Akka.Cluster.Cluster cluster, Member member) =>
        cluster.FailureDetector.IsAvailable(member.Address) ? [] : [cluster.SelfAddress.ToString()];

    private RunningNode Running() =>
        lifecycle.Running ?? throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, $"this node has not started yet; it waits for {lifecycle.WaitingFor}"));

    private sealed class Listener : ReceiveActor
    {
        private readonly Akka.Cluster.Cluster cluster;
        private readonly IReadOnlyList<Type> types;
        private readonly ChannelWriter<string> events;

        public Listener(Akka.Cluster.Cluster cluster, IReadOnlyList<Type> types, ChannelWriter<string> events)
        {
            this.cluster = cluster;
            this.types = types;
            this.events = events;
            Receive<ClusterEvent.IClusterDomainEvent>(happened =>
            {
                // Who does not keep up asks anew, and hears then what is.
                if (DomainEvents.Write(happened) is { } text && !events.TryWrite(text)) Context.Stop(Self);
            });
        }

        protected override void PreStart() => cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, [.. types]);

        protected override void PostStop()
        {
            cluster.Unsubscribe(Self);
            events.TryComplete();
        }
    }
}
