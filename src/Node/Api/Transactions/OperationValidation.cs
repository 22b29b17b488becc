using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>Each operation has a kind, a key, and no value beyond the limit.</summary>
internal static class OperationValidation
{
    public static Failure? Check(string branch, IReadOnlyList<Operation> operations)
    {
        for (var i = 0; i < operations.Count; i++)
            if (Check(operations[i]) is { } wrong) return Refusals.Within($"{branch}[{i}]", wrong);
        return null;
    }

    private static Failure? Check(Operation operation) => operation.KindCase switch
    {
        Operation.KindOneofCase.Put => Refusals.Within("put", Fields.Name("key", operation.Put.Key) ?? Fields.Value("value", operation.Put.Value)),
        Operation.KindOneofCase.Append => Refusals.Within("append", Fields.Name("key", operation.Append.Key) ?? Fields.Value("value", operation.Append.Value)),
        Operation.KindOneofCase.Delete => Refusals.Within("delete", Fields.Name("key", operation.Delete.Key)),
        Operation.KindOneofCase.Get => Refusals.Within("get", Fields.Name("key", operation.Get.Key)),
        Operation.KindOneofCase.Add => Refusals.Within("add", Fields.Name("key", operation.Add.Key)),
        _ => Refusals.Invalid("", "must be one of put, delete, get, add, append"),
    };
}
