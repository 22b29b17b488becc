using System.Collections.Concurrent;
using Akka.Actor;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Entities;

/// <summary>
/// The entities that run on this node. What is for one of them goes straight to it; the way through the sharding region and the shard costs two more hand-overs between threads,
/// and is for those that run elsewhere or not yet. It is a short cut and no more: an entity decides by its grant and its epoch, whichever way a command has come.
/// </summary>
internal sealed class LiveEntities
{
    private readonly ConcurrentDictionary<string, IActorRef> byId = new(StringComparer.Ordinal);

    /// <summary>Takes commands for all entities of the cluster, and starts those of this node.</summary>
    public IActorRef Region { get; set; } = ActorRefs.Nobody;

    /// <summary>From now on it takes commands.</summary>
    public void Add(string entityId, IActorRef entity) => byId[entityId] = entity;

    /// <summary>It is about to stop: what comes now is kept by the shard, for its next run or its next owner.</summary>
    public void Remove(string entityId, IActorRef entity) => byId.TryRemove(new KeyValuePair<string, IActorRef>(entityId, entity));

    /// <summary>Who takes a command for this entity.</summary>
    public IActorRef To(string entityId) => byId.TryGetValue(entityId, out var entity) ? entity : Region;

    public void Tell(Command command, IActorRef? sender) => To(command.Entity).Tell(command, sender);
}
