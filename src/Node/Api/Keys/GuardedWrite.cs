using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Api.Keys;

/// <summary>
/// A put or delete that holds only while a lock is held with a fence, or a session lives, as the transaction that it is. Its id comes from the request id,
/// so that a repeat is the same transaction.
/// </summary>
internal static class GuardedWrite
{
    /// <summary>What ids of these transactions begin with; users' own must not.</summary>
    public const string IdPrefix = TransactionIdTime.GuardedPrefix;

    public static TransactionRequest Of(PutKeyRequest request)
    {
        var put = new PutOperation { Key = request.Key, Value = request.Value };
        if (request.HasTtlSeconds) put.TtlSeconds = request.TtlSeconds;
        var guards = new List<Condition>();
        if (request.HasSessionId)
        {
            put.SessionId = request.SessionId;
            guards.Add(new Condition { Session = request.SessionId });
        }
        if (request.HasLock) guards.Add(Lock(request.Lock, request.Fence));
        return Of(request.RequestId, request.Key, guards, request.HasIfRevision ? request.IfRevision : null, new Operation { Put = put });
    }

    public static TransactionRequest Of(DeleteKeyRequest request) => Of(
        request.RequestId, request.Key, [Lock(request.Lock, request.Fence)], request.HasIfRevision ? request.IfRevision : null,
        new Operation { Delete = new DeleteOperation { Key = request.Key } });

    /// <summary>The result of the one write.</summary>
    /// <exception cref="RefusedException">SESSION_EXPIRED, FENCE_STALE, REVISION_MISMATCH, or the outcome is not certain.</exception>
    public static OperationResult ResultOf(TransactionRequest request, TransactionResult result)
    {
        if (result.Outcome == TransactionStatus.Types.Outcome.Aborted)
            throw Refused(ErrorCode.TxnAborted, "the guarded write was aborted and changed nothing");
        if (result.Outcome != TransactionStatus.Types.Outcome.Committed) throw Refused(ErrorCode.OutcomeUnknown, "the outcome of the guarded write is not known");
        if (result is { ConditionsHeld: true, Results.Count: 1 }) return result.Results[0];
        // Earlier versions did not keep the revision for as long as the outcome.
        if (result.ConditionsHeld || result.ConditionResults.Count != request.Conditions.Count)
            throw Refused(ErrorCode.OutcomeUnknown, "the guarded write was decided, but too long ago for its result to be known");
        var failed = request.Conditions[result.ConditionResults.IndexOf(false)];
        if (failed.HasLock)
            throw Refused(ErrorCode.FenceStale, string.Create(CultureInfo.InvariantCulture, $"lock '{failed.Lock}' is not held with fence {failed.Fence}"));
        throw new RefusedException(failed.HasSession ? Refusals.NoSuchSession("sessionId", failed.Session) : Mismatch(failed, result));
    }

    private static Condition Lock(string name, long fence) => new() { Lock = name, Fence = fence };

    /// <param name="requestId">Of the write.</param>
    /// <param name="key">The key.</param>
    /// <param name="guards">What it rests on; the first of those that do not hold is what its caller hears: the end of a session before that of its locks.</param>
    /// <param name="ifRevision">The revision that the key must have; 0: absent; null: any.</param>
    /// <param name="write">What is done then.</param>
    private static TransactionRequest Of(string requestId, string key, IEnumerable<Condition> guards, long? ifRevision, Operation write)
    {
        var transaction = new TransactionRequest
        {
            TransactionId = IdPrefix + requestId,
            DeadlineSeconds = Limits.TransactionDeadlineDefaultSeconds,
            Conditions = { guards },
            Then = { write },
        };
        if (ifRevision is not { } revision) return transaction;
        transaction.Conditions.Add(revision == 0 ? new Condition { Key = key, Absent = true } : new Condition { Key = key, Revision = revision });
        // So that REVISION_MISMATCH can name the revision that the key has.
        transaction.Else.Add(new Operation { Get = new GetOperation { Key = key } });
        return transaction;
    }

    private static Messages.Internal.Failure Mismatch(Condition condition, TransactionResult result)
    {
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
