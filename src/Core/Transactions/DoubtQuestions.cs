using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Transactions;

/// <summary>A participant asks the coordinator of each transaction that it holds and has heard nothing of, again and again.</summary>
internal sealed class DoubtQuestions(Intents intents)
{
    private const long EveryMs = 1000;

    /// <summary>What is held when an activation begins is most likely decided, and the word of it was lost with the last one.</summary>
    private const long FirstMs = 100;

    private readonly Dictionary<string, long> askAtMs = new(StringComparer.Ordinal);

    public long? WakeAtMs => askAtMs.Count == 0 ? null : askAtMs.Values.Min();

    public void Activated(Turn turn)
    {
        foreach (var transactionId in intents.Held.Keys) askAtMs[transactionId] = turn.At.MonoMs + FirstMs;
    }

    /// <summary>It has been prepared.</summary>
    public void Begin(string transactionId, Turn turn) => askAtMs[transactionId] = turn.At.MonoMs + EveryMs;

    /// <summary>Its outcome is known.</summary>
    public void End(string transactionId) => askAtMs.Remove(transactionId);

    public void Tick(Turn turn)
    {
        foreach (var (transactionId, at) in askAtMs.ToArray())
        {
            if (at > turn.At.MonoMs) continue;
            askAtMs[transactionId] = turn.At.MonoMs + EveryMs;
            var prepared = intents.Held[transactionId].Prepared;
            turn.Send(EntityId.Parse(prepared.Coordinator), new Command { InDoubt = new InDoubt { TransactionId = transactionId, Attempt = prepared.Attempt } });
        }
    }
}
