using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Api.Keys;

/// <summary>
/// A put or delete that holds only while a lock is held with a fence, as the transaction that it is. Its id comes from the request id,
/// so that a repeat is the same transaction.
/// </summary>
internal static class GuardedWrite
{
    /// <summary>What ids of these transactions begin with; users' own must not.</summary>
    public const string IdPrefix = "guarded:";

    public static TransactionRequest Of(PutKeyRequest request) => Of(
        request.RequestId, request.Key, request.Lock, request.Fence, request.HasIfRevision ? request.IfRevision : null,
        new Operation { Put = new PutOperation { Key = request.Key, Value = request.Value } });

    public static TransactionRequest Of(DeleteKeyRequest request) => Of(
        request.RequestId, request.Key, request.Lock, request.Fence, request.HasIfRevision ? request.IfRevision : null,
        new Operation { Delete = new DeleteOperation { Key = request.Key } });

    /// <summary>The result of the one write.</summary>
    /// <exception cref="RefusedException">FENCE_STALE, REVISION_MISMATCH, or the outcome is not certain.</exception>
    public static OperationResult ResultOf(TransactionRequest request, TransactionResult result)
    {
        if (result.Outcome == TransactionStatus.Types.Outcome.Aborted)
            throw Refused(ErrorCode.TxnAborted, "the guarded write was aborted and changed nothing");
        if (result.Outcome != TransactionStatus.Types.Outcome.Committed) throw Refused(ErrorCode.OutcomeUnknown, "the outcome of the guarded write is not known");
        if (result is { ConditionsHeld: true, Results.Count: 1 }) return result.Results[0];
        // Results are forgotten before the outcome is.
        if (result.ConditionsHeld || result.ConditionResults.Count != request.Conditions.Count)
            throw Refused(ErrorCode.OutcomeUnknown, "the guarded write was decided, but too long ago for its result to be known");
        var guard = request.Conditions[0];
        if (!result.ConditionResults[0])
            throw Refused(ErrorCode.FenceStale, string.Create(CultureInfo.InvariantCulture, $"lock '{guard.Lock}' is not held with fence {guard.Fence}"));
        throw new RefusedException(Mismatch(request, result));
    }

    private static TransactionRequest Of(string requestId, string key, string lockName, long fence, long? ifRevision, Operation write)
    {
        var transaction = new TransactionRequest
        {
            TransactionId = IdPrefix + requestId,
            DeadlineSeconds = Limits.TransactionDeadlineDefaultSeconds,
            Conditions = { new Condition { Lock = lockName, Fence = fence } },
            Then = { write },
        };
        if (ifRevision is not { } revision) return transaction;
        transaction.Conditions.Add(revision == 0 ? new Condition { Key = key, Absent = true } : new Condition { Key = key, Revision = revision });
        // So that REVISION_MISMATCH can name the revision that the key has.
        transaction.Else.Add(new Operation { Get = new GetOperation { Key = key } });
        return transaction;
    }

    private static Messages.Internal.Failure Mismatch(TransactionRequest request, TransactionResult result)
    {
        var condition = request.Conditions[1];
        var wanted = condition.Absent ? 0 : condition.Revision;
        var failure = Refusals.Of(ErrorCode.RevisionMismatch, string.Create(CultureInfo.InvariantCulture, $"key '{condition.Key}' is not at revision {wanted}"));
        if (result.Results.Count == 1)
        {
            var actual = result.Results[0].Revision.ToString(CultureInfo.InvariantCulture);
            failure.Message += $" but at {actual}";
            failure.Details = new Struct { Fields = { ["revision"] = Value.ForString(actual) } };
        }
        return failure;
    }

    private static RefusedException Refused(ErrorCode code, string message) => new(Refusals.Of(code, message));
}
