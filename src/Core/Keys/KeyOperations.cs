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
    /// <summary>Whether a condition on a key holds in this state of it.</summary>
    public static bool Holds(KeyWritten seen, Condition condition)
    {
        if (condition.HasRevision) return condition.Revision == (seen.Present ? seen.Revision : 0);
        if (condition.HasValue) return seen.Present && seen.Value.Equals(condition.Value);
        return !seen.Present;
    }

    /// <param name="name">The key.</param>
    /// <param name="before">What it is now.</param>
    /// <param name="operations">Those on it.</param>
    /// <param name="rowTimeMs">Of the row that they are prepared in.</param>
    public static PreparedBranch Evaluate(string name, KeyWritten before, IReadOnlyList<PreparedOperation> operations, long rowTimeMs)
    {
        var after = before;
        var next = Revisions.Next(before);
        var branch = new BranchResult();
        var bytes = 0L;
        foreach (var (index, operation) in operations.Select(o => (o.Index, o.Operation)))
        {
            var result = new OperationResult { Key = name };
            switch (operation.KindCase)
            {
                case Operation.KindOneofCase.Put:
                    after = KeyExpiry.Put(next, operation.Put, rowTimeMs);
                    break;
                case Operation.KindOneofCase.Delete:
                    result.Deleted = after.Present;
                    if (after.Present) after = new KeyWritten { Revision = next };
                    break;
                case Operation.KindOneofCase.Get:
                    if (after.Present) result.Value = after.Value;
                    break;
                case Operation.KindOneofCase.Add:
                    if (Sum(after.Present ? after.Value : null, operation.Add.Amount, out var sum) is { } reason) return Impossible(name, reason);
                    after = Changed(after, next, sum);
                    result.Value = sum;
                    break;
                case Operation.KindOneofCase.Append:
                    var length = (after.Present ? after.Value.Length : 0) + operation.Append.Value.Length;
                    if (length > Limits.ValueBytes) return Impossible(name, $"append would make {length} bytes; the limit is {Limits.ValueBytes}");
                    after = Changed(after, next, after.Present ? ByteString.CopyFrom([.. after.Value.Span, .. operation.Append.Value.Span]) : operation.Append.Value);
                    result.Value = after.Value;
                    break;
                default:
                    return Impossible(name, "the operation is unknown to this version");
            }
            // As a delete by itself says it: of what is not there, the revision that it had last.
            result.Revision = Written(after) ? next : before.Present || operation.KindCase == Operation.KindOneofCase.Delete ? before.Revision : 0;
            // Before it is stored and sent: what one key alone makes too much is no vote that anybody could carry.
            bytes += result.CalculateSize();
            if (bytes > Limits.TransactionResultBytes) return Impossible(name, $"results have over {Limits.TransactionResultBytes} bytes, which is the limit");
            branch.Results.Add(new IndexedResult { Index = index, Result = result });
        }
        return new PreparedBranch
        {
            Result = branch,
            Write = Written(after) ? after : null,
        };

        bool Written(KeyWritten state) => !ReferenceEquals(state, before);
    }

    /// <summary>Add and append change the value, and leave how long the key stays as it is.</summary>
    private static KeyWritten Changed(KeyWritten before, long revision, ByteString value) =>
        new() { Present = true, Value = value, Revision = revision, ExpiresAtMs = before.ExpiresAtMs, TtlMs = before.TtlMs, SessionId = before.SessionId };

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
