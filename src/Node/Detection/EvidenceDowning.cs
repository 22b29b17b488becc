using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.SBR;

namespace AkkaHa.Node.Detection;

/// <summary>
/// Takes members out of the cluster on evidence, which is quick, and leaves the rest to Akka's split brain resolver, which is slow. Made by Akka, by its class name.
/// </summary>
internal sealed class EvidenceDowning(ActorSystem system, Akka.Cluster.Cluster cluster) : IDowningProvider
{
    private readonly SplitBrainResolverProvider resolver = new(system, cluster);

    /// <summary>None: what keeps a removed member from acting is its fence and the end of its lease, not a while.</summary>
    public TimeSpan DownRemovalMargin => TimeSpan.Zero;

    public Props DowningActorProps => Props.Create(() => new DowningActor(cluster, resolver.DowningActorProps));
}
