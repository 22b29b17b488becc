using System.Globalization;
using System.Text;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Keys;

/// <summary>Runs a transaction's operations on one key, in order, each seeing the earlier ones; all of them make one revision.</summary>
internal static class KeyOperations
{
    public static PreparedBranch Evaluate(string name, KeyWritten before, IReadOnlyList<PreparedOperation> operations)
    {
        var (present, value) = (before.Present, before.Value);
        var written = false;
        var branch = new BranchResult();
        foreach (var (index, operation) in operations.Select(o => (o.Index, o.Operation)))
        {
            var result = new OperationResult { Key = name };
            switch (operation.KindCase)
            {
                case Operation.KindOneofCase.Put:
                    (present, value, written) = (true, operation.Put.Value, true);
                    break;
                case Operation.KindOneofCase.Delete:
                    result.Deleted = present;
                    written |= present;
                    (present, value) = (false, ByteString.Empty);
                    break;
                case Operation.KindOneofCase.Get:
                    if (present) result.Value = value;
                    break;
                case Operation.KindOneofCase.Add:
                    if (Sum(present ? value : null, operation.Add.Amount, out var sum) is { } reason) return Impossible(name, reason);
                    (present, value, written) = (true, sum, true);
                    result.Value = value;
                    break;
                case Operation.KindOneofCase.Append:
                    var length = (present ? value.Length : 0) + operation.Append.Value.Length;
                    if (length > Limits.ValueBytes) return Impossible(name, $"append would make {length} bytes; the limit is {Limits.ValueBytes}");
                    (present, value, written) = (true, present ? ByteString.CopyFrom([.. value.Span, .. operation.Append.Value.Span]) : operation.Append.Value, true);
                    result.Value = value;
                    break;
                default:
                    return Impossible(name, "the operation is unknown to this version");
            }
            result.Revision = written ? before.Revision + 1 : before.Present ? before.Revision : 0;
            branch.Results.Add(new IndexedResult { Index = index, Result = result });
        }
        return new PreparedBranch
        {
            Result = branch,
            Write = written ? new KeyWritten { Present = present, Value = value, Revision = before.Revision + 1 } : null,
        };
    }

    private static string? Sum(ByteString? value, long amount, out ByteString sum)
    {
        sum = ByteString.Empty;
        long start = 0;
        if (value is not null && !long.TryParse(value.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out start))
            return "add: the value is not a decimal 64-bit integer";
        if ((amount > 0 && start > long.MaxValue - amount) || (amount < 0 && start < long.MinValue - amount)) return "add: overflow of the 64-bit integer";
        sum = ByteString.CopyFrom((start + amount).ToString(CultureInfo.InvariantCulture), Encoding.ASCII);
        return null;
    }

    private static PreparedBranch Impossible(string name, string reason) =>
        new() { Result = new BranchResult { AbortReason = $"{reason} (key '{name}')" } };
}
