using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>What a coordinator says of a decided transaction.</summary>
internal static class TransactionReplies
{
    public static Reply Outcome(TransactionRecord record)
    {
        if (record.Committed is { } committed) return new Reply { Transaction = committed.Result };
        if (record.Aborted is { Forgotten: true }) return Forgotten(record.Id);
        if (record.Aborted is { Without: { Length: > 0 } lost })
            return Replies.Failure(ErrorCode.OutcomeUnknown, $"transaction '{record.Id}' was given up by an operator without the word of '{lost}'; whether it was committed is not known", Replies.Details(("transactionId", record.Id)));
        var reason = record.Aborted!.Reason;
        return reason == AbortReason.Conflict
            ? Replies.Failure(ErrorCode.TxnConflict, $"transaction '{record.Id}' did not get through in its time: older ones were in its way", Replies.Details(("reason", reason), ("transactionId", record.Id)))
            : Replies.Failure(ErrorCode.TxnAborted, $"transaction '{record.Id}' was aborted: {reason}", Replies.Details(("reason", reason), ("transactionId", record.Id)));
    }

    /// <summary>Too old to be run: it may have been, and have been forgotten.</summary>
    public static Reply Forgotten(string transactionId) => Replies.Failure(ErrorCode.OutcomeUnknown,
        $"transactionId '{transactionId}' was issued more than {Limits.TransactionOutcomeHours} hours ago; whether it was run is not known any more", Replies.Details(("transactionId", transactionId)));

    public static Reply Status(string transactionId, TransactionRecord? record) => new()
    {
        TransactionStatus = new TransactionStatus { TransactionId = transactionId, Outcome = record?.Outcome ?? TransactionStatus.Types.Outcome.Unknown },
    };

    /// <summary>For one participant. A commit names the Prepared that it is about.</summary>
    public static Command Decision(TransactionRecord record, string participant)
    {
        if (record.Committed is not { } committed) return new Command { Abort = new Abort { TransactionId = record.Id } };
        var prepared = committed.Prepared.FirstOrDefault(p => p.Participant == participant);
        return new Command
        {
            Commit = new Commit
            {
                TransactionId = record.Id, Attempt = committed.Attempt, Then = committed.Then,
                // 0 names none: whoever asks without having taken part has nothing to apply.
                PreparedSequenceNr = prepared?.SequenceNr ?? 0,
            },
        };
    }
}
