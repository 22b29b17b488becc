using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>What is stored of participants, read by others than themselves.</summary>
public static class StoredParticipant
{
    /// <summary>What it holds, as the snapshots of each kind of entity have it. Null: it holds nothing, or is of a kind that takes part in no transaction.</summary>
    public static ParticipantSnapshot? Of(Snapshot snapshot) => snapshot.StateCase switch
    {
        Snapshot.StateOneofCase.Key => snapshot.Key.Participant,
        Snapshot.StateOneofCase.Lock => snapshot.Lock.Participant,
        Snapshot.StateOneofCase.Sessions => snapshot.Sessions.Participant,
        _ => null,
    };

    /// <summary>The transaction that it holds no more from this event on; null: none.</summary>
    public static string? LetGoBy(Event @event) => @event.BodyCase switch
    {
        Event.BodyOneofCase.Applied => @event.Applied.TransactionId,
        Event.BodyOneofCase.Discarded => @event.Discarded.TransactionId,
        Event.BodyOneofCase.AttemptDropped => @event.AttemptDropped.TransactionId,
        Event.BodyOneofCase.Refused => @event.Refused.TransactionId,
        _ => null,
    };

    /// <summary>Whether it is a yes to this start: the attempt and what is to be done are the same, whichever start of them it was prepared for.</summary>
    internal static bool IsFor(Prepared prepared, TransactionStarted started) =>
        prepared.TransactionId == started.TransactionId && prepared.Attempt == started.Attempt && prepared.PayloadHash.Equals(started.PayloadHash);
}
