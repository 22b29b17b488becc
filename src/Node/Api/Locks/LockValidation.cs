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
        ?? Share(request.Mode, request.Permits, request.Limit)
        ?? Fields.Seconds("waitSeconds", request.WaitSeconds, 0, Limits.WaitMaxSeconds)
        ?? Fields.Label("label", request.Label)
        ?? Fields.Id("flowId", request.FlowId)
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

    public static Failure? Check(UpgradeLockRequest request, ShardMap shards) =>
        Fields.Name("name", request.Name)
        ?? Fields.Fence("fence", request.Fence)
        ?? Fields.Seconds("waitSeconds", request.WaitSeconds, 0, Limits.WaitMaxSeconds)
        ?? Fields.Id("requestId", request.RequestId)
        ?? Fields.Session("sessionId", request.SessionId, shards);

    public static Failure? Check(ForceReleaseLockRequest request) =>
        Fields.Name("name", request.Name)
        ?? Fields.Label("reason", request.Reason)
        ?? (request.Fence == 0 ? null : Fields.Fence("fence", request.Fence))
        ?? Fields.Id("requestId", request.RequestId);

    public static Failure? Check(ListLocksRequest request) =>
        Fields.Prefix("prefix", request.Prefix)
        ?? Fields.Prefix("after", request.After)
        ?? (request.HasLimit ? Fields.Number("limit", request.Limit, 1, Limits.ListPageKeys) : null);

    public static Failure? Check(WatchLocksRequest request) => request.HasName
        ? (request.Prefix.Length > 0 ? Refusals.Invalid("name", "can't be given together with prefix") : Fields.Name("name", request.Name))
        : Fields.Prefix("prefix", request.Prefix);

    /// <summary>What of a lock is asked for. Left out (0), permits and limit are 1 each; modes other than semaphore have no more.</summary>
    public static Failure? Share(LockMode mode, int permits, int limit) => mode switch
    {
        LockMode.Semaphore => Fields.Number("limit", limit, 0, int.MaxValue)
            ?? (permits >= 0 && Math.Max(1, permits) <= Math.Max(1, limit)
                ? null
                : Refusals.Invalid("permits", string.Create(CultureInfo.InvariantCulture, $"is {permits}; it must be from 1 to limit, which is {Math.Max(1, limit)}"))),
        LockMode.Exclusive or LockMode.Shared or LockMode.Upgradeable => One("permits", permits) ?? One("limit", limit),
        _ => Refusals.Invalid("mode", "must be exclusive, shared, upgradeable or semaphore"),
    };

    private static Failure? One(string field, int value) =>
        value is 0 or 1 ? null : Refusals.Invalid(field, string.Create(CultureInfo.InvariantCulture, $"is {value}; it must be 1 (or left out) unless mode is semaphore"));
}
