using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Commits that a participant has heard of and not applied yet: they go with its next row, or after <see cref="FoldMs"/> with one of their own. In memory only, so that one that gets lost was only late. They are
/// durable all the same: whoever recovers here holds what was prepared until it hears of this outcome, and can't hear of another.
/// </summary>
internal sealed class DueCommits(Intents intents)
{
    /// <summary>Applied after so long even when nothing follows: watches hear of it only then.</summary>
    public const long FoldMs = 100;

    private readonly Dictionary<string, Command> due = new(StringComparer.Ordinal);

    public long? WakeAtMs { get; private set; }

    public bool Has(string transactionId) => due.ContainsKey(transactionId);

    /// <summary>One that names what is held.</summary>
    public void Add(Command command, Turn turn)
    {
        due.Add(command.Commit.TransactionId, command);
        WakeAtMs ??= turn.At.MonoMs + FoldMs;
    }

    /// <summary>What the one that may write this makes of it; null: there is none.</summary>
    public PreparedBranch? For(string resource)
    {
        foreach (var command in due.Values)
            if (Held(command) is var held && held.Intents.Any(i => i.Resource == resource && i.Exclusive)) return Branch(held, command.Commit.Then);
        return null;
    }

    /// <summary>Applies all.</summary>
    /// <returns>Whether there was any, so that intents have gone.</returns>
    public bool Land(Turn turn)
    {
        WakeAtMs = null;
        if (due.Count == 0) return false;
        var commands = due.Values.ToArray();
        due.Clear();
        foreach (var command in commands)
        {
            var commit = command.Commit;
            var write = Branch(Held(command), commit.Then).Write;
            turn.Emit(new Event { Applied = new Applied { TransactionId = commit.TransactionId, Then = commit.Then, Write = write, WritesNothing = write is null } });
            Seen(command, commit.TransactionId, turn);
        }
        return true;
    }

    /// <summary>Tells the coordinator that its decision is durable here.</summary>
    public static void Seen(Command decision, string transactionId, Turn turn) =>
        turn.Send(EntityId.Parse(decision.Sender), new Command { DecisionSeen = new DecisionSeen { TransactionId = transactionId } });

    public static PreparedBranch Branch(Prepared prepared, bool then) => then ? prepared.Then : prepared.Else;

    private Prepared Held(Command command) => intents.Held[command.Commit.TransactionId].Prepared;
}
