using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Entities;

/// <summary>Something for the host to do once it may. Every effect passes the gate first.</summary>
public abstract record Effect;

/// <summary>Answer a caller.</summary>
public sealed record AnswerEffect(Call Call, Reply Reply) : Effect;

/// <summary>Send a command to another entity; it may get lost.</summary>
public sealed record SendEffect(EntityId To, Command Command) : Effect;

/// <summary>Put these outcomes into the table of older ones, each once however often it is asked for, and tell the entity by an <see cref="OutcomesArchived"/> of this number.</summary>
public sealed record ArchiveEffect(long Number, IReadOnlyList<ArchivedOutcome> Outcomes) : Effect;

/// <summary>Look for an outcome in the table, and tell the entity by an <see cref="OutcomeLookedUp"/> of this number.</summary>
public sealed record LookUpEffect(long Number, string TransactionId) : Effect;

/// <summary>Read what a participant's rows say of the attempt that this began (<see cref="Transactions.ParticipantRows"/>), and tell the entity by a <see cref="ParticipantRead"/> of this number.</summary>
public sealed record ReadParticipantEffect(long Number, EntityId Participant, TransactionStarted Started) : Effect;

/// <summary>Something worth counting happened that is in no row and no message.</summary>
public sealed record CountEffect(Counted What) : Effect;

/// <summary>What <see cref="CountEffect"/> counts.</summary>
public enum Counted
{
    /// <summary>A transaction waits at a participant for others.</summary>
    PrepareWaits,

    /// <summary>A read or write of a key waits for a transaction.</summary>
    CallWaits,
}

/// <summary>A settled transaction as it goes into the table.</summary>
/// <param name="TransactionId">Its id.</param>
/// <param name="Record">What is known of it, without results.</param>
/// <param name="KeepUntilMs">When it may be deleted, in Unix milliseconds.</param>
public sealed record ArchivedOutcome(string TransactionId, StoredTransaction Record, long KeepUntilMs)
{
    /// <summary>As it is told: one that was given up, or is forgotten, is nobody's to call aborted.</summary>
    public string Outcome => Record.Committed is not null ? "committed" : Record.Aborted is { Forgotten: true } or { Without.Length: > 0 } ? "unknown" : "aborted";
}

/// <summary>What one batch of commands came to.</summary>
/// <param name="Rows">To be persisted as one atomic write; the first has <paramref name="FirstSequenceNr"/>.</param>
/// <param name="FirstSequenceNr">The sequence number of the first row.</param>
/// <param name="Now">To be done at once: it rests on durable facts, or promises nothing.</param>
/// <param name="Afterwards">To be done once the rows are durable (at once when there are none).</param>
/// <param name="StopAfterwards">The activation ends here: it answered one read of nothing without claiming.</param>
public sealed record Batch(
    IReadOnlyList<Envelope> Rows, long FirstSequenceNr, IReadOnlyList<Effect> Now, IReadOnlyList<Effect> Afterwards, bool StopAfterwards);
