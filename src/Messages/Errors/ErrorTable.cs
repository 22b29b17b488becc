using AkkaHa.Messages.V1;
using Grpc.Core;

namespace AkkaHa.Messages.Errors;

/// <summary>One row of the error table: how a code is called and how each transport carries it.</summary>
/// <param name="Code">The code.</param>
/// <param name="Name">As users see it: <c>ErrorInfo.reason</c> over gRPC, <c>code</c> over HTTP.</param>
/// <param name="Grpc">The gRPC status.</param>
/// <param name="Http">The HTTP status.</param>
/// <param name="Meaning">What it says, and what to do about it.</param>
public sealed record ErrorRow(ErrorCode Code, string Name, StatusCode Grpc, int Http, string Meaning);

/// <summary>
/// The one table of errors. Every transport, the client and docs/errors.md come from it.
/// </summary>
public static class ErrorTable
{
    /// <summary>All rows, in the order of the documentation.</summary>
    public static IReadOnlyList<ErrorRow> Rows { get; } =
    [
        new(ErrorCode.InvalidArgument, "INVALID_ARGUMENT", StatusCode.InvalidArgument, 400,
            "The request is malformed or beyond a limit; the message names the field and the limit. Nothing was done."),
        new(ErrorCode.NotFound, "NOT_FOUND", StatusCode.NotFound, 404, "There is no such key, session or route."),
        new(ErrorCode.SessionExpired, "SESSION_EXPIRED", StatusCode.NotFound, 404,
            "The session was closed or has expired, and with it all that it held. Create another."),
        new(ErrorCode.LockHeld, "LOCK_HELD", StatusCode.Aborted, 409,
            "The lock was not to be had in time; details name holders, waiters and your position."),
        new(ErrorCode.FenceStale, "FENCE_STALE", StatusCode.Aborted, 409,
            "The lock is not held with this fence any more. Stop: somebody else may hold it."),
        new(ErrorCode.RevisionMismatch, "REVISION_MISMATCH", StatusCode.Aborted, 409,
            "The key is not at the revision that was asked for; details name the one it has. Read again."),
        new(ErrorCode.TxnConflict, "TXN_CONFLICT", StatusCode.Aborted, 409,
            "Other transactions were in the way until the deadline; nothing was done, and nothing will be under this id. Run it again, under a new one."),
        new(ErrorCode.Deadlock, "DEADLOCK", StatusCode.Aborted, 409,
            "The wait closed a circle of waits and was broken here; `details.cycle` tells it. Release what you hold and begin again."),
        new(ErrorCode.UpgradeConflict, "UPGRADE_CONFLICT", StatusCode.Aborted, 409,
            "Another holder is upgrading already; both would wait for ever."),
        new(ErrorCode.LimitExceeded, "LIMIT_EXCEEDED", StatusCode.ResourceExhausted, 429,
            "A queue or a session is full; the message names the limit. Nothing was done."),
        new(ErrorCode.Compacted, "COMPACTED", StatusCode.OutOfRange, 410,
            "The position is older than what is kept. Read the state again and watch from there."),
        new(ErrorCode.Unavailable, "UNAVAILABLE", StatusCode.Unavailable, 503,
            "Not possible now, and not done by this attempt; try again after the hint. After an attempt that was not answered, it means OUTCOME_UNKNOWN."),
        new(ErrorCode.OutcomeUnknown, "OUTCOME_UNKNOWN", StatusCode.DeadlineExceeded, 504,
            "It may or may not have been done. Repeat with the same request id and the next attempt to find out."),
        new(ErrorCode.Partial, "PARTIAL", StatusCode.DeadlineExceeded, 504,
            "The eventual write is stored and will spread, but had not reached as many nodes as asked in time; of a read: fewer nodes than asked have answered. Details have the value as this node knows it."),
        new(ErrorCode.TxnAborted, "TXN_ABORTED", StatusCode.Aborted, 409,
            "The transaction is aborted for good and changed nothing; details.reason says why. A new one needs a new id."),
        new(ErrorCode.Unauthenticated, "UNAUTHENTICATED", StatusCode.Unauthenticated, 401, "Who are you? (Reserved.)"),
        new(ErrorCode.PermissionDenied, "PERMISSION_DENIED", StatusCode.PermissionDenied, 403, "You may not: so far only a change that a page of another site asks for."),
    ];

    private static readonly Dictionary<ErrorCode, ErrorRow> ByCode = Rows.ToDictionary(r => r.Code);
    private static readonly Dictionary<string, ErrorRow> ByName = Rows.ToDictionary(r => r.Name, StringComparer.Ordinal);

    /// <summary>The row of a code. What is not in the table says nothing certain, so it is OUTCOME_UNKNOWN.</summary>
    public static ErrorRow Of(ErrorCode code) =>
        ByCode.TryGetValue(code, out var row) ? row : ByCode[ErrorCode.OutcomeUnknown];

    /// <summary>The row of a name as a peer sent it; unknown names (a newer peer's) are OUTCOME_UNKNOWN.</summary>
    public static ErrorRow Of(string name) =>
        ByName.TryGetValue(name, out var row) ? row : ByCode[ErrorCode.OutcomeUnknown];
}
