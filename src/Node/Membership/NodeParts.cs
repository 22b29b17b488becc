using Akka.Actor;
using Akka.Actor.Setup;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Placement;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Membership;

/// <summary>What the actors of one actor system need from the process, handed in when the system is made.</summary>
internal sealed class NodeParts(NodeSettings settings, OwnershipStore ownership, Grants grants, string incarnation, RuleSwitches rules) : Setup
{
    public NodeSettings Settings { get; } = settings;

    public OwnershipStore Ownership { get; } = ownership;

    public Grants Grants { get; } = grants;

    public Releases Releases { get; } = new();

    public DirtyEntities Dirty { get; } = new();

    public ShardMap Shards { get; } = new(settings.Shards);

    public RuleSwitches Rules { get; } = rules;

    /// <summary>Fresh at every start of the actor system.</summary>
    public string Incarnation { get; } = incarnation;

    /// <summary>Where commands for entities go.</summary>
    public IActorRef Region { get; set; } = ActorRefs.Nobody;

    /// <summary>
    /// Set when this incarnation begins to leave: nothing new is sent to entities then. A message that waits for a shard without an owner keeps the region from ending,
    /// and where this is the last node, no shard gets an owner any more.
    /// </summary>
    public bool Leaving { get; set; }

    /// <summary>False while the database is known not to answer: then nothing is begun that would only fail.</summary>
    public bool DatabaseAnswers { get; set; } = true;

    /// <summary>This node and incarnation, as the rows of ownership name it: address, blank, incarnation.</summary>
    public string Holder { get; set; } = "";

    public static NodeParts Of(ActorSystem system) =>
        system.Settings.Setup.Get<NodeParts>() is { HasValue: true } parts ? parts.Value : throw new InvalidOperationException("the actor system was made without its parts");
}
