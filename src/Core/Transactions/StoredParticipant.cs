using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>Where the snapshots of each kind of entity have what it holds as a participant.</summary>
public static class StoredParticipant
{
    /// <summary>Null: it holds nothing, or is of a kind that takes part in no transaction.</summary>
    public static ParticipantSnapshot? Of(Snapshot snapshot) => snapshot.StateCase switch
    {
        Snapshot.StateOneofCase.Key => snapshot.Key.Participant,
        Snapshot.StateOneofCase.Lock => snapshot.Lock.Participant,
        Snapshot.StateOneofCase.Sessions => snapshot.Sessions.Participant,
        _ => null,
    };
}
