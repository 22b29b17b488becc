using AkkaHa.Core.Entities;
using AkkaHa.Core.Keys;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>What of a participant is in its rows and snapshots: who holds intents, and what was refused.</summary>
internal sealed class ParticipantState(IParticipantHost host, Intents intents, RefusedAttempts refused, DoubtQuestions questions)
{
    private long lastRowMs;

    /// <summary>Folds one of a transaction's events; false when it is none.</summary>
    public bool Apply(Event @event, Stamp stamp)
    {
        lastRowMs = stamp.TimeMs;
        switch (@event.BodyCase)
        {
            case Event.BodyOneofCase.Prepared:
                if (!intents.TryHold(new HeldPrepared(@event.Prepared, stamp.SequenceNr)))
                    throw new InvalidHistoryException($"transaction {@event.Prepared.TransactionId} was prepared twice");
                return true;
            case Event.BodyOneofCase.AttemptDropped:
                Remove(@event.AttemptDropped.TransactionId);
                refused.Dropped(@event.AttemptDropped.TransactionId, @event.AttemptDropped.Attempt, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.Refused:
                intents.LetGo(@event.Refused.TransactionId);
                questions.End(@event.Refused.TransactionId);
                refused.Refused(@event.Refused.TransactionId, @event.Refused.Attempt, stamp.TimeMs);
                return true;
            case Event.BodyOneofCase.Discarded:
                Remove(@event.Discarded.TransactionId);
                return true;
            case Event.BodyOneofCase.Applied:
                var applied = @event.Applied;
                var write = Remove(applied.TransactionId).Branch(applied.Then).Write;
                // Rows of before do not say what they write.
                if ((applied.Write is not null && !applied.Write.Equals(write)) || (applied.WritesNothing && write is not null))
                    throw new InvalidHistoryException($"transaction {applied.TransactionId} was applied as something else than was prepared");
                if (write is not null) host.Write(LandedWrite.Of(write, stamp.TimeMs));
                return true;
            default:
                return false;
        }
    }

    public void Restore(ParticipantSnapshot? snapshot)
    {
        if (snapshot is null) return;
        foreach (var stored in snapshot.Prepared) intents.TryHold(new HeldPrepared(stored.Prepared, stored.SequenceNr));
        refused.Restore(snapshot.Refusals);
    }

    public ParticipantSnapshot Save()
    {
        var snapshot = new ParticipantSnapshot();
        snapshot.Prepared.AddRange(intents.Held.Values.Select(h => new StoredPrepared { SequenceNr = h.SequenceNr, Prepared = h.Prepared }));
        snapshot.Refusals.AddRange(refused.Save(lastRowMs));
        return snapshot;
    }

    private HeldPrepared Remove(string transactionId)
    {
        questions.End(transactionId);
        return intents.LetGo(transactionId) ?? throw new InvalidHistoryException($"transaction {transactionId} was not prepared");
    }
}
