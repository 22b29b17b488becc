using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Membership;

/// <summary>The entities, through the sharding region of the present incarnation.</summary>
internal sealed class EntityRegion(NodeLifecycle lifecycle, NodeSettings settings) : IEntities
{
    public ShardMap Shards { get; } = new(settings.Shards);

    public async Task<Reply> AskAsync(Command command, TimeSpan timeout, CancellationToken ct)
    {
        if (lifecycle.Running is not { } node)
            return Replies.Failure(ErrorCode.Unavailable, $"this node has not started yet; it waits for {lifecycle.WaitingFor}");
        if (node.Cluster.SelfMember.Status is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Removed)
            return Replies.Failure(ErrorCode.Unavailable, "this node is not a member of the cluster yet");
        try
        {
            return await node.Region.Ask<Reply>(command, timeout, ct);
        }
        catch (AskTimeoutException)
        {
            return Entity.IsMutation(command)
                ? Replies.Failure(ErrorCode.OutcomeUnknown, $"no answer from the owner of '{command.Entity}' within {timeout.TotalSeconds:0.###} s")
                : Replies.Failure(ErrorCode.Unavailable, $"no answer from the owner of '{command.Entity}' within {timeout.TotalSeconds:0.###} s");
        }
    }

    public void Tell(Command command) => lifecycle.Running?.Region.Tell(command, ActorRefs.NoSender);
}
