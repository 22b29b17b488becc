using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Decisions, and drops of attempts, that a participant has heard of and not stored yet: they go with its next row, or after <see cref="FoldMs"/> with one of their own, of a key that nobody watches after
/// <see cref="UnwatchedFoldMs"/> (ADR 0036). In memory only, so that one that gets lost was only late. They are durable all the same: whoever recovers here holds what was prepared until it hears of this outcome, and can't hear of another.
/// </summary>
internal sealed class DueEndings(Intents intents)
{
    /// <summary>Stored after so long even when nothing follows: watches hear of a commit only then.</summary>
    public const long FoldMs = 50;

    /// <summary>The same of a key, while nobody watches any. Well below the second after which a coordinator that has not heard that it is stored tells again.</summary>
    public const long UnwatchedFoldMs = 500;

    private static readonly PreparedBranch Nothing = new();

    private readonly Dictionary<string, Command> due = new(StringComparer.Ordinal);

    public long? WakeAtMs { get; private set; }

    public bool IsEmpty => due.Count == 0;

    public bool Has(string transactionId) => due.ContainsKey(transactionId);

    public bool IsCommitted(string transactionId) => due.TryGetValue(transactionId, out var command) && command.Commit is not null;

    /// <summary>Of what is held: a commit that names it, an abort, or a drop of its attempt.</summary>
    public void Add(string transactionId, Command command, Turn turn)
    {
        due.Add(transactionId, command);
        WakeAtMs = Math.Min(WakeAtMs ?? long.MaxValue, turn.At.MonoMs + (MayWait(transactionId, command, turn) ? UnwatchedFoldMs : FoldMs));
    }

    /// <summary>A time to live begins with the row, and is not to be much longer than asked for. A session, or the release of a lock, may have to wait for what rests on it.</summary>
    private bool MayWait(string transactionId, Command command, Turn turn) =>
        !turn.At.IsWatched && turn.Self.Kind == EntityId.KeyKind && !(command.Commit is { } commit && intents.Held[transactionId].Branch(commit.Then).Write is { ExpiresAtMs: > 0 });

    /// <summary>What the one that might write this makes of it; null: there is none.</summary>
    public PreparedBranch? For(string resource)
    {
        foreach (var (transactionId, command) in due)
        {
            var held = intents.Held[transactionId];
            if (held.Prepared.Intents.Any(i => i.Resource == resource && i.Exclusive)) return command.Commit is { } commit ? held.Branch(commit.Then) : Nothing;
        }
        return null;
    }

    /// <summary>Stores all.</summary>
    /// <returns>Whether there was any, so that intents have gone.</returns>
    public bool Land(Turn turn)
    {
        WakeAtMs = null;
        if (due.Count == 0) return false;
        var endings = due.ToArray();
        due.Clear();
        foreach (var (transactionId, command) in endings)
        {
            turn.Emit(EventOf(transactionId, command));
            if (command.DropAttempt is null) Votes.Seen(command, transactionId, turn);
        }
        return true;
    }

    private Event EventOf(string transactionId, Command command)
    {
        if (command.DropAttempt is { } drop) return new Event { AttemptDropped = new AttemptDropped { TransactionId = transactionId, Attempt = drop.Attempt } };
        if (command.Commit is not { } commit) return new Event { Discarded = new Discarded { TransactionId = transactionId } };
        var write = intents.Held[transactionId].Branch(commit.Then).Write;
        return new Event { Applied = new Applied { TransactionId = transactionId, Then = commit.Then, Write = write, WritesNothing = write is null } };
    }
}
