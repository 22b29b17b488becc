using Akka.Actor;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Entities;

/// <summary>For a caller whose answer can't be given: a mutation may have been done, a read is simply not answered.</summary>
internal static class Unsaid
{
    public static Reply AsMoving(bool mutation) => Because(mutation, "the shard is moving to another owner");

    public static Reply Because(bool mutation, string why) => mutation
        ? Replies.Failure(ErrorCode.OutcomeUnknown, $"{why}; whether this was done is not known")
        : Replies.Failure(ErrorCode.Unavailable, why);

    /// <summary>What was not decided was certainly not done.</summary>
    public static void Refuse(IActorRef caller, Command command)
    {
        command.EndWait();
        if (CommandKinds.HasCaller(command)) caller.Tell(Replies.Failure(ErrorCode.Unavailable, "the shard is changing its owner"));
    }
}
