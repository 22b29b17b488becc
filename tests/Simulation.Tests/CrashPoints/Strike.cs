using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>What befalls somebody at a point. A node that dies takes its shards with it: others recover them.</summary>
enum Way
{
    /// <summary>The node dies.</summary>
    Node,

    /// <summary>The node of a message's sender dies, with the message on its way.</summary>
    SendersNode,

    /// <summary>The activation dies, its node lives on.</summary>
    Activation,

    /// <summary>The node dies in a write, which is lost.</summary>
    NodeLost,

    /// <summary>The same, and the write is stored.</summary>
    NodeLanded,

    /// <summary>The same, and the write tries to land when the next owner has read the journal and not yet written.</summary>
    NodeLate,

    /// <summary>The journal says that the write failed, which ends the activation: it is lost.</summary>
    ActivationLost,

    /// <summary>The same, and it is stored.</summary>
    ActivationLanded,

    /// <summary>The same, and it tries to land when the next activation has read the journal.</summary>
    ActivationLate,

    /// <summary>The message gets lost. Nobody dies.</summary>
    MessageLost,

    /// <summary>The message arrives long after all that it is about.</summary>
    MessageLate,

    /// <summary>It arrives, and so does a copy, long after.</summary>
    MessageTwice,
}

/// <summary>Something that befalls somebody at one spot of a run, counted from the moment at which the transaction is sent.</summary>
readonly record struct Strike(int Spot, Way Way);

/// <summary>A spot of a run, and what can befall somebody there.</summary>
readonly record struct Spot(Where? Where, EntityId Of, object? About)
{
    private static readonly Way[] InWrite = [Way.NodeLost, Way.NodeLanded, Way.NodeLate, Way.ActivationLost, Way.ActivationLanded, Way.ActivationLate];
    private static readonly Way[] Leaving = [Way.Node];
    private static readonly Way[] Either = [Way.Node, Way.Activation];
    private static readonly Way[] OnItsWay = [Way.Node, Way.SendersNode, Way.Activation];
    private static readonly Way[] Delays = [Way.MessageLost, Way.MessageLate, Way.MessageTwice];

    /// <summary>Every way to crash here.</summary>
    public Way[] Crashes => Where switch
    {
        null => InWrite,
        World.Where.Leaving => Leaving,
        World.Where.Arriving when ((Command)About!).Sender.Length > 0 => OnItsWay,
        _ => Either,
    };

    /// <summary>What the network can do here.</summary>
    public Way[] Messages => Where == World.Where.Leaving && About is SendEffect ? Delays : [];

    public override string ToString()
    {
        var about = About switch
        {
            IReadOnlyList<Envelope> rows => string.Join(", ", rows.SelectMany(r => r.Events).Select(e => e.BodyCase)),
            Batch batch => string.Join(", ", batch.Rows.SelectMany(r => r.Events).Select(e => e.BodyCase)),
            Command command => Name(command),
            SendEffect send => $"{Name(send.Command)} to {send.To}",
            AnswerEffect => "the answer",
            IReadOnlyList<Effect> effects => $"{effects.Count} messages",
            _ => "",
        };
        return $"{Of} {Where?.ToString() ?? "Writing"} {about}";
    }

    private static string Name(Command command) => command.Vote is { } vote ? $"{vote.Kind}({vote.Attempt})" : command.BodyCase.ToString();
}
