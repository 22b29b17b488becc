using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>Each operation has a kind, a key, and no value beyond the limit; a put that binds its key to a session rests on that session.</summary>
internal static class OperationValidation
{
    /// <summary>What is done if the conditions hold: among them must be every session that a key is bound to.</summary>
    public static Failure? CheckThen(TransactionRequest request)
    {
        var sessions = request.Conditions.Where(c => c.HasSession).Select(c => c.Session).ToHashSet(StringComparer.Ordinal);
        return Check("then", request.Then, put => sessions.Contains(put.SessionId)
            ? null
            : Refusals.Invalid("sessionId", $"'{Refusals.Quote(put.SessionId)}' must be the session of one of the conditions"));
    }

    /// <summary>What is done if they do not hold: then no session is known to live.</summary>
    public static Failure? CheckElse(TransactionRequest request) =>
        Check("else", request.Else, _ => Refusals.Invalid("sessionId", "is for then only: in else no condition is known to hold"));

    private static Failure? Check(string branch, IReadOnlyList<Operation> operations, Func<PutOperation, Failure?> session)
    {
        for (var i = 0; i < operations.Count; i++)
            if (Check(operations[i], session) is { } wrong) return Refusals.Within($"{branch}[{i}]", wrong);
        return null;
    }

    private static Failure? Check(Operation operation, Func<PutOperation, Failure?> session) => operation.KindCase switch
    {
        Operation.KindOneofCase.Put => Refusals.Within("put", Fields.Name("key", operation.Put.Key) ?? Fields.Value("value", operation.Put.Value)
            ?? KeyValidation.Ttl(operation.Put.HasTtlSeconds, operation.Put.TtlSeconds) ?? (operation.Put.HasSessionId ? session(operation.Put) : null)),
        Operation.KindOneofCase.Append => Refusals.Within("append", Fields.Name("key", operation.Append.Key) ?? Fields.Value("value", operation.Append.Value)),
        Operation.KindOneofCase.Delete => Refusals.Within("delete", Fields.Name("key", operation.Delete.Key)),
        Operation.KindOneofCase.Get => Refusals.Within("get", Fields.Name("key", operation.Get.Key)),
        Operation.KindOneofCase.Add => Refusals.Within("add", Fields.Name("key", operation.Add.Key)),
        _ => Refusals.Invalid("", "must be one of put, delete, get, add, append"),
    };
}
