using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>What a kind of entity must say for transactions to be able to take part in it.</summary>
internal interface IParticipantHost
{
    /// <summary>What this Prepare would hold here until the decision.</summary>
    IReadOnlyList<Intent> IntentsOf(Prepare prepare);

    /// <summary>Whether the condition holds in the present state.</summary>
    bool Holds(Condition condition);

    /// <summary>What running these operations on the present state would answer and write, prepared in this row.</summary>
    PreparedBranch Evaluate(IReadOnlyList<PreparedOperation> operations, Stamp stamp);

    /// <summary>Whether something waits for the intents on this resource to go, so that no new one may be taken.</summary>
    bool IsClosing(string resource);

    /// <summary>Whether its conditions can't be judged yet: what they rest on has been asked for. The host calls <see cref="Participant.Pump"/> when the answer has come, whatever other transactions do.</summary>
    bool IsUnsure(Prepare prepare, Turn turn) => false;

    /// <summary>A committed branch's write.</summary>
    void Write(KeyWritten write);

    /// <summary>Intents went away in this turn: do what waited for that. Waiting Prepares come after it.</summary>
    void IntentsFreed(Turn turn);
}
