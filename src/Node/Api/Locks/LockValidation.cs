using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Locks;

/// <summary>What requests for locks must look like.</summary>
internal static class LockValidation
{
    public static Failure? Check(AcquireLockRequest request, ShardMap shards) =>
        Fields.Name("name", request.Name)
        ?? Fields.Id("requestId", request.RequestId)
        ?? Fields.Id("holderId", request.HolderId)
        ?? Mode(request.Mode)
        ?? One("permits", request.Permits)
        ?? One("limit", request.Limit)
        ?? Fields.Seconds("waitSeconds", request.WaitSeconds, 0, Limits.WaitMaxSeconds)
        ?? Fields.Label("label", request.Label)
        ?? Fields.Session("sessionId", request.SessionId, shards);

    public static Failure? Check(ReleaseLockRequest request, ShardMap shards) =>
        Fields.Name("name", request.Name)
        ?? Fields.Fence("fence", request.Fence)
        ?? Fields.Id("requestId", request.RequestId)
        ?? Fields.Session("sessionId", request.SessionId, shards);

    public static Failure? Check(CancelLockRequest request, ShardMap shards) =>
        Fields.Name("name", request.Name)
        ?? Fields.RequiredId("requestId", request.RequestId)
        ?? Fields.Session("sessionId", request.SessionId, shards);

    public static Failure? Check(GetLockRequest request) => Fields.Name("name", request.Name);

    private static Failure? Mode(LockMode mode) =>
        mode == LockMode.Exclusive ? null : Refusals.Invalid("mode", $"is {mode.ToString().ToLowerInvariant()}; only exclusive is offered so far");

    // Of permits and of their limit exclusive has one.
    private static Failure? One(string field, int value) =>
        value is 0 or 1 ? null : Refusals.Invalid(field, string.Create(CultureInfo.InvariantCulture, $"is {value}; it must be 1, since only exclusive is offered so far"));
}
