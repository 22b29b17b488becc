using System.Text.Json;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace AkkaHa.ClientApi.Errors;

/// <summary>From a gRPC status with details to the exception of its code.</summary>
internal static class ErrorReader
{
    /// <summary>What an AkkaHa server said; null when the status is from something else on the way.</summary>
    public static AkkaHaException? Read(RpcException e)
    {
        if (Details(e) is not { } status || status.GetDetail<ErrorInfo>() is not { Reason.Length: > 0 } info) return null;
        var details = status.GetDetail<Struct>() is { } fields ? JsonElement.Parse(JsonFormatter.Default.Format(fields)) : default;
        var retryAfter = status.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
        return Create(ErrorTable.Of(info.Reason).Code, e.Status.Detail, details, retryAfter, e);
    }

    /// <summary>The exception of a code. What has none says nothing certain.</summary>
    public static AkkaHaException Create(ErrorCode code, string message, JsonElement details, TimeSpan? retryAfter, Exception? inner) => code switch
    {
        ErrorCode.InvalidArgument => new InvalidArgumentException(message, details, inner),
        ErrorCode.NotFound => new NotFoundException(message, details, inner),
        ErrorCode.SessionExpired => new SessionExpiredException(message, details, inner),
        ErrorCode.LockHeld => new LockHeldException(message, details, inner),
        ErrorCode.FenceStale => new FenceStaleException(message, details, inner),
        ErrorCode.RevisionMismatch => new RevisionMismatchException(message, details, inner),
        ErrorCode.TxnConflict => new TransactionConflictException(message, details, inner),
        ErrorCode.Deadlock => new DeadlockException(message, details, inner),
        ErrorCode.UpgradeConflict => new UpgradeConflictException(message, details, inner),
        ErrorCode.LimitExceeded => new LimitExceededException(message, details, inner),
        ErrorCode.Compacted => new CompactedException(message, details, inner),
        ErrorCode.Unavailable => new UnavailableException(message, retryAfter, details, inner),
        ErrorCode.Partial => new PartialException(message, details, inner),
        ErrorCode.TxnAborted => new TransactionAbortedException(message, details, inner),
        ErrorCode.Unauthenticated => new UnauthenticatedException(message, details, inner),
        ErrorCode.PermissionDenied => new PermissionDeniedException(message, details, inner),
        _ => new OutcomeUnknownException(message, null, details, inner),
    };

    private static Google.Rpc.Status? Details(RpcException e)
    {
        try
        {
            return e.GetRpcStatus();
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
