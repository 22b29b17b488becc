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

/// <summary>What one batch of commands came to.</summary>
/// <param name="Rows">To be persisted as one atomic write; the first has <paramref name="FirstSequenceNr"/>.</param>
/// <param name="FirstSequenceNr">The sequence number of the first row.</param>
/// <param name="Now">To be done at once: it rests on durable facts, or promises nothing.</param>
/// <param name="Afterwards">To be done once the rows are durable (at once when there are none).</param>
/// <param name="StopAfterwards">The activation ends here: it answered one read of nothing without claiming.</param>
public sealed record Batch(
    IReadOnlyList<Envelope> Rows, long FirstSequenceNr, IReadOnlyList<Effect> Now, IReadOnlyList<Effect> Afterwards, bool StopAfterwards);
