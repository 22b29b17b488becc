using AkkaHa.Messages.Storage;

namespace AkkaHa.Node.Storage;

/// <summary>Which rows are written by what transactions do, at their coordinators and at their participants, and by nothing else: one that holds the answer of another call is none of them.</summary>
internal static class TransactionRows
{
    public static bool Is(object payload) => payload is Envelope { Events.Count: > 0, Outcomes.Count: 0 } row && row.Events.All(one => IsAwaited(one) || IsWhatFollows(one));

    /// <summary>Whether a transaction can't come to its end before this is stored: so it was begun not long ago.</summary>
    public static bool IsAwaited(object payload) => payload is Envelope row && row.Events.Any(IsAwaited);

    private static bool IsAwaited(Event one) => one.BodyCase
        is Event.BodyOneofCase.TransactionStarted or Event.BodyOneofCase.TransactionCommitted or Event.BodyOneofCase.TransactionAborted or Event.BodyOneofCase.Prepared or Event.BodyOneofCase.Refused;

    private static bool IsWhatFollows(Event one) => one.BodyCase
        is Event.BodyOneofCase.TransactionSettled or Event.BodyOneofCase.TransactionsArchived or Event.BodyOneofCase.Applied or Event.BodyOneofCase.Discarded or Event.BodyOneofCase.AttemptDropped;
}
