using System.Globalization;
using Akka.Cluster.Sharding;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Node.Entities;

/// <summary>Tells sharding where a command goes: the entity it names, in that entity's shard by consistent hash.</summary>
internal sealed class EntityExtractor(ShardMap shards) : IMessageExtractor
{
    public string? EntityId(object message) => (message as Command)?.Entity;

    public object? EntityMessage(object message) => message as Command;

    public string? ShardId(object message) => message is Command command ? ShardId(command.Entity) : null;

    public string ShardId(string entityId, object? messageHint = null) =>
        shards.ShardOf(entityId).ToString(CultureInfo.InvariantCulture);
}
