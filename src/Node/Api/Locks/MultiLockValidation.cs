using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Locks;

/// <summary>What requests for several locks at once must look like.</summary>
internal static class MultiLockValidation
{
    public static Failure? Check(AcquireAllLocksRequest request, ShardMap shards) =>
        Fields.Id("requestId", request.RequestId)
        ?? Fields.Id("holderId", request.HolderId)
        ?? Fields.Id("flowId", request.FlowId)
        ?? Fields.Seconds("waitSeconds", request.WaitSeconds, 0, Limits.WaitMaxSeconds)
        ?? Fields.Label("label", request.Label)
        ?? Count(request.Locks.Count)
        ?? Wishes(request, shards)
        ?? Fields.Session("sessionId", request.SessionId, shards);

    public static Failure? Check(CancelAllLocksRequest request, ShardMap shards) =>
        Fields.RequiredId("requestId", request.RequestId) ?? Fields.Session("sessionId", request.SessionId, shards);

    private static Failure? Count(int count) => count is >= 1 and <= Limits.LocksPerAcquireAll
        ? null
        : Refusals.Invalid("locks", string.Create(CultureInfo.InvariantCulture, $"are {count}; they must be from 1 to {Limits.LocksPerAcquireAll}"));

    private static Failure? Wishes(AcquireAllLocksRequest request, ShardMap shards)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < request.Locks.Count; i++)
        {
            var wish = request.Locks[i];
            var place = string.Create(CultureInfo.InvariantCulture, $"locks[{i}]");
            var single = new AcquireLockRequest { Name = wish.Name, SessionId = request.SessionId, Mode = wish.Mode, Permits = wish.Permits, Limit = wish.Limit };
            if (LockValidation.Check(single, shards) is { Code: ErrorCode.InvalidArgument, Details: not null } wrong && !IsOfSession(wrong)) return Refusals.Within(place, wrong);
            if (!names.Add(wish.Name)) return Refusals.Invalid($"{place}.name", "is there twice; each lock can be named once");
        }
        return null;
    }

    // Which is not the wish's, and said last.
    private static bool IsOfSession(Failure failure) => failure.Details.Fields["field"].StringValue == "sessionId";
}
