using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>What requests for transactions must look like.</summary>
internal static class TransactionValidation
{
    // The least above 0: resolution is a millisecond.
    private const double ShortestDeadlineSeconds = 0.001;

    public static Failure? Check(TransactionRequest request, ShardMap shards) =>
        OwnId(request.TransactionId)
        ?? Fields.Id("requestId", request.RequestId)
        ?? Fields.OptionalSeconds("deadlineSeconds", request.HasDeadlineSeconds, request.DeadlineSeconds, ShortestDeadlineSeconds, Limits.TransactionDeadlineMaxSeconds)
        ?? Steps(request)
        ?? Bytes(request)
        ?? ConditionValidation.Check(request.Conditions, shards)
        ?? OperationValidation.CheckThen(request)
        ?? OperationValidation.CheckElse(request)
        ?? Participants(request);

    public static Failure? Check(GetTransactionRequest request) => AnyId(request.TransactionId);

    public static Failure? Check(ResolveTransactionRequest request) => AnyId(request.TransactionId) ?? Fields.Id("requestId", request.RequestId) ?? Without(request);

    private static Failure? Without(ResolveTransactionRequest request)
    {
        if (request.Without.Length == 0) return request.GiveUp ? Refusals.Invalid("giveUp", "is for a transaction that is resolved without a participant; without is missing") : null;
        return EntityId.TryParse(request.Without, out var id) && id.Kind is EntityId.KeyKind or EntityId.LockKind or EntityId.SessionKind
            ? null
            : Refusals.Invalid("without", $"is '{Refusals.Quote(request.Without)}'; it must be a participant: kv/…, lock/… or session/…");
    }

    public static Failure? Check(ListTransactionsRequest request)
    {
        if (request.State is not ("" or OpenTransactionsQuery.InDoubt)) return Refusals.Invalid("state", $"is '{Refusals.Quote(request.State)}'; there is only {OpenTransactionsQuery.InDoubt}");
        return request.HasLimit && request.Limit is < 1 or > Limits.ListPageKeys
            ? Refusals.Invalid("limit", Invariant($"is {request.Limit}; it must be from 1 to {Limits.ListPageKeys}"))
            : null;
    }

    private static Failure? OwnId(string id) => id.StartsWith(GuardedWrite.IdPrefix, StringComparison.Ordinal)
        ? Refusals.Invalid("transactionId", $"begins with '{GuardedWrite.IdPrefix}', which is kept for guarded writes")
        : Fields.Id("transactionId", id);

    // Guarded writes can be asked for too.
    internal static Failure? AnyId(string id) => id.StartsWith(GuardedWrite.IdPrefix, StringComparison.Ordinal)
        ? Fields.RequiredId("transactionId", id[GuardedWrite.IdPrefix.Length..])
        : Fields.RequiredId("transactionId", id);

    private static Failure? Steps(TransactionRequest request)
    {
        var steps = request.Conditions.Count + request.Then.Count + request.Else.Count;
        return steps switch
        {
            0 => Refusals.Invalid("conditions", "are missing, and so are then and else; at least one must not be empty"),
            > Limits.TransactionSteps => Refusals.Invalid("conditions", Invariant($"with then and else are {steps} steps; the limit is {Limits.TransactionSteps}")),
            _ => null,
        };
    }

    private static Failure? Bytes(TransactionRequest request)
    {
        var bytes = request.CalculateSize();
        return bytes > Limits.TransactionRequestBytes
            ? Refusals.Invalid("request", Invariant($"has {bytes} bytes as protobuf; the limit is {Limits.TransactionRequestBytes}"))
            : null;
    }

    private static Failure? Participants(TransactionRequest request)
    {
        if (request.Conditions.Count + request.Then.Count + request.Else.Count <= Limits.TransactionParticipants) return null;
        var count = TransactionParticipants.Of(request).Count;
        return count > Limits.TransactionParticipants
            ? Refusals.Invalid("participants", Invariant($"are {count} (distinct keys, locks and session slots); the limit is {Limits.TransactionParticipants}"))
            : null;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
