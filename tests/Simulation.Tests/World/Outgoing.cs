using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>What leaves one activation: through the gate, which is asked in the entity's own turn.</summary>
sealed class Outgoing(Node node, EntityId id, long epoch, OpenCalls calls, Action<Command> hear)
{
    private readonly SimulatedWorld world = node.World;
    private readonly int shard = node.World.Shards.ShardOf(id);

    public void Perform(IReadOnlyList<Effect> effects, Action then)
    {
        if (effects.Count == 0)
        {
            then();
            return;
        }
        var open = node.IsOpen(shard, epoch);
        world.Owners.Gate(node, shard, epoch, open);
        if (!open) world.Count(node.Holds(shard) ? "lease closed at the gate" : "grant gone at the gate");
        open |= !world.Rules.Gate;
        node.Process.Step("between the gate and the answers", () =>
        {
            foreach (var effect in effects)
            {
                world.Reached?.Invoke(new Point(Where.Leaving, id, effect));
                if (!node.Process.IsUp) return;
                if (effect is AnswerEffect answer) calls.Answer(answer, open, id);
                else if (open && effect is SendEffect send) Send(send);
                else if (open && effect is ArchiveEffect archive) world.Outcomes.Archive(node.Process, archive, hear);
                else if (open && effect is LookUpEffect lookUp) world.Outcomes.LookUp(node.Process, lookUp, hear);
                else if (open && effect is ReadParticipantEffect read) new Rows(node.Process, read.Participant).Read(read, hear);
            }
            world.Reached?.Invoke(new Point(Where.Left, id, effects));
            if (node.Process.IsUp) then();
        });
    }

    private void Send(SendEffect send)
    {
        world.Count($"sent {send.Command.BodyCase}{(send.Command.Vote is { } vote ? $" {vote.Kind}" : "")}");
        world.Network.Send(node.Process, send.To, send.Command);
    }
}
