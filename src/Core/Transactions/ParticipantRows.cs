using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Reads out of a participant's rows what it would vote on one attempt, the last that was begun. Its own rules need not understand them: one row that prepared the attempt is enough, since until a decision
/// nothing undoes that; and that there is none is certain where no number is missing. Read as of one moment: newest snapshot, then rows.
/// </summary>
/// <param name="started">
/// What began it. A Prepared of the same time is that of this very start. One of another time counts likewise, as it does for the participant (the start that asked for it was never stored, and the next has the
/// same attempt), unless something is missing: an id that is no uuid of version 7 may have been used before, days ago, and the end of that may be what is missing.
/// </param>
public sealed class ParticipantRows(TransactionStarted started)
{
    private HeldPrepared? prepared;
    private long upTo;
    private string unreadable = "";

    /// <summary>The newest snapshot, where there is one.</summary>
    public void Add(long sequenceNr, Snapshot snapshot)
    {
        if (snapshot.Schema > Entities.Entity.Schema)
        {
            Unreadable($"snapshot {sequenceNr} has schema {snapshot.Schema}");
            return;
        }
        upTo = sequenceNr;
        foreach (var stored in StoredParticipant.Of(snapshot)?.Prepared ?? []) Found(stored.Prepared, stored.SequenceNr);
    }

    /// <summary>A row, in order of their numbers; those that the snapshot covers may be there or not, and say nothing that it does not.</summary>
    public void Add(long sequenceNr, Envelope row)
    {
        if (sequenceNr <= upTo) return;
        foreach (var @event in row.Events)
        {
            if (@event.BodyCase == Event.BodyOneofCase.Prepared) Found(@event.Prepared, sequenceNr);
            else if (StoredParticipant.LetGoBy(@event) == started.TransactionId) prepared = null;
        }
        if (row.Schema > Entities.Entity.Schema) Unreadable($"row {sequenceNr} has schema {row.Schema}");
        else if (row.Events.Any(e => e.BodyCase == Event.BodyOneofCase.None)) Unreadable($"row {sequenceNr} holds an event unknown to this version");
        if (sequenceNr != upTo + 1) Unreadable($"row {sequenceNr} follows {upTo}: rows are missing");
        upTo = sequenceNr;
    }

    /// <summary>Something that this version can't read.</summary>
    public void Unreadable(string why)
    {
        if (unreadable.Length == 0) unreadable = why;
    }

    /// <summary>What they say.</summary>
    /// <param name="number">Of the effect.</param>
    /// <param name="highestSequenceNr">The highest number that there is. A node knows it from the rows themselves, and can't miss the last; the simulation knows better.</param>
    public ParticipantRead Read(long number, long highestSequenceNr)
    {
        if (highestSequenceNr != upTo) Unreadable($"the journal goes up to {highestSequenceNr}, and its rows to {upTo}");
        if (prepared is not null && (unreadable.Length == 0 || prepared.Prepared.TimestampMs == started.TimestampMs)) return new ParticipantRead { Number = number, Vote = Votes.Yes(prepared, 0) };
        return unreadable.Length > 0 ? new ParticipantRead { Number = number, Unreadable = unreadable } : new ParticipantRead { Number = number, Vote = No(started) };
    }

    internal static Vote No(TransactionStarted started) => new() { TransactionId = started.TransactionId, Attempt = started.Attempt, Kind = Vote.Types.Kind.Refused };

    private void Found(Prepared one, long sequenceNr)
    {
        if (StoredParticipant.IsFor(one, started)) prepared = new HeldPrepared(one, sequenceNr);
    }
}
