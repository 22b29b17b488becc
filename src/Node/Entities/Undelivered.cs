using Akka.Actor;
using Akka.Event;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Entities;

/// <summary>
/// Answers callers whose command reached nobody: what an entity had not taken in when its recovery failed, above all. Such a command was certainly not done; without this, its
/// caller would wait out its whole time.
/// </summary>
internal sealed class Undelivered : ReceiveActor
{
    public Undelivered() => Receive<DeadLetter>(lost =>
    {
        if (lost.Message is not Command command) return;
        command.EndWait();
        // Entities ask again by themselves.
        if (CommandKinds.HasCaller(command) && !lost.Sender.IsNobody())
            lost.Sender.Tell(Replies.Failure(ErrorCode.Unavailable, $"'{command.Entity}' could not be started, or has just ended"));
    });

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);
}
