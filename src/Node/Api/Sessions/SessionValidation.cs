using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Sessions;

/// <summary>What requests for sessions must look like.</summary>
internal static class SessionValidation
{
    public static Failure? Check(CreateSessionRequest request) =>
        Fields.OptionalSeconds("ttlSeconds", request.HasTtlSeconds, request.TtlSeconds, Limits.SessionTtlMinSeconds, Limits.SessionTtlMaxSeconds)
        ?? Fields.Label("label", request.Label)
        ?? Fields.Id("requestId", request.RequestId);

    public static Failure? Check(KeepAliveRequest request, ShardMap shards) =>
        Fields.Id("requestId", request.RequestId) ?? Fields.Session("sessionId", request.SessionId, shards);

    public static Failure? Check(GetSessionRequest request, ShardMap shards) => Fields.Session("sessionId", request.SessionId, shards);

    public static Failure? Check(ListSessionsRequest request, ShardMap shards)
    {
        if (request.After.Length > 0 && !Fields.IsSession(request.After, shards)) return Refusals.Invalid("after", $"is '{Refusals.Quote(request.After)}', which is no session id of this cluster");
        return request.HasLimit ? Fields.Number("limit", request.Limit, 1, Limits.ListPageKeys) : null;
    }

    public static Failure? Check(CloseSessionRequest request, ShardMap shards) =>
        Fields.Id("requestId", request.RequestId) ?? Fields.Session("sessionId", request.SessionId, shards);
}
