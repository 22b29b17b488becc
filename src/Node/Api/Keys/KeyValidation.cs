using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Keys;

/// <summary>What requests for keys must look like.</summary>
internal static class KeyValidation
{
    public static Failure? Check(GetKeyRequest request) => Fields.Name("key", request.Key);

    public static Failure? Check(PutKeyRequest request, ShardMap shards) =>
        Fields.Name("key", request.Key)
        ?? Fields.Value("value", request.Value)
        ?? (request.HasIfRevision ? Fields.Revision("ifRevision", request.IfRevision) : null)
        ?? Guard(request.HasLock, request.Lock, request.HasFence, request.Fence)
        ?? Ttl(request.HasTtlSeconds, request.TtlSeconds)
        ?? Fields.Id("requestId", request.RequestId)
        // Last: what is wrong with the request is said before that the session is gone.
        ?? (request.HasSessionId ? Fields.Session("sessionId", request.SessionId, shards) : null);

    /// <summary>A key's time to live, which may be left out.</summary>
    public static Failure? Ttl(bool given, double seconds) =>
        Fields.OptionalSeconds("ttlSeconds", given, seconds, Limits.KeyTtlMinSeconds, Limits.KeyTtlMaxSeconds);

    public static Failure? Check(DeleteKeyRequest request) =>
        Fields.Name("key", request.Key)
        ?? (request.HasIfRevision ? Fields.Revision("ifRevision", request.IfRevision) : null)
        ?? Guard(request.HasLock, request.Lock, request.HasFence, request.Fence)
        ?? Fields.Id("requestId", request.RequestId);

    public static Failure? Check(ListKeysRequest request) =>
        Fields.Prefix("prefix", request.Prefix)
        ?? Fields.Prefix("after", request.After)
        ?? (request.HasLimit ? Fields.Number("limit", request.Limit, 1, Limits.ListPageKeys) : null);

    public static Failure? Check(WatchRequest request) => request.HasKey
        ? (request.Prefix.Length > 0 ? Refusals.Invalid("key", "can't be given together with prefix") : Fields.Name("key", request.Key))
        : Fields.Prefix("prefix", request.Prefix);

    private static Failure? Guard(bool hasLock, string name, bool hasFence, long fence) => (hasLock, hasFence) switch
    {
        (false, false) => null,
        (true, false) => Refusals.Invalid("fence", "must be given together with lock"),
        (false, true) => Refusals.Invalid("lock", "must be given together with fence"),
        (true, true) => Fields.Name("lock", name) ?? Fields.Fence("fence", fence),
    };
}
