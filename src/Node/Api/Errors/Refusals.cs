using System.Diagnostics.CodeAnalysis;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Api.Errors;

/// <summary>Makes refusals. Those of bad input carry the field in <c>details.field</c> too.</summary>
internal static class Refusals
{
    private const string Field = "field";
    private const int QuotedChars = 64;

    public static Failure Of(ErrorCode code, string message) => new() { Code = code, Message = message };

    /// <summary>INVALID_ARGUMENT: the field, and what is wrong with it (without the field's name).</summary>
    public static Failure Invalid(string field, string says) => InvalidAs(field, $"{field} {says}");

    /// <summary>INVALID_ARGUMENT with a message that begins with the field's name.</summary>
    public static Failure InvalidAs(string field, string message) => new()
    {
        Code = ErrorCode.InvalidArgument,
        Message = message,
        Details = new Struct { Fields = { [Field] = Value.ForString(field) } },
    };

    /// <summary>The refusal of a part, seen from the whole: <c>key …</c> becomes <c>then[3].put.key …</c>.</summary>
    [return: NotNullIfNotNull(nameof(inner))]
    public static Failure? Within(string outer, Failure? inner)
    {
        if (inner is null) return null;
        var field = inner.Details.Fields[Field].StringValue;
        var joint = field.Length == 0 || field[0] == '[' ? "" : ".";
        return InvalidAs(outer + joint + field, outer + joint + inner.Message);
    }

    public static Failure NoSuchSession(string field, string text) =>
        Of(ErrorCode.SessionExpired, $"{field}: there is no session '{Quote(text)}' (it ended, or is no session id of this cluster)");

    /// <summary>There is too much to do; nothing was done of this.</summary>
    public static Failure Overloaded(TimeSpan retryAfter) => new()
    {
        Code = ErrorCode.Unavailable,
        Message = "the node has too much to do, and did nothing of this; try again after the hint",
        Details = new Struct { Fields = { [OverloadReason.Name] = Value.ForString(OverloadReason.Value) } },
        RetryAfterMs = (uint)retryAfter.TotalMilliseconds,
    };

    /// <summary>Whether it is one of <see cref="Overloaded"/>.</summary>
    public static bool IsOverloaded(Failure failure) => failure.Details?.Fields.TryGetValue(OverloadReason.Name, out var reason) == true && reason.StringValue == OverloadReason.Value;

    /// <summary>A bug of ours, seen by a caller: a read was not answered, a mutation may have happened.</summary>
    public static Failure Unexpected(bool isRead) => isRead
        ? Of(ErrorCode.Unavailable, "the node failed to answer; its log says why")
        : Of(ErrorCode.OutcomeUnknown, "the node failed while at it; its log says why");

    /// <summary>Text of a caller's, short enough for a message.</summary>
    public static string Quote(string text) => text.Length <= QuotedChars ? text : string.Concat(text.AsSpan(0, QuotedChars), "…");

    /// <exception cref="RefusedException">There is a refusal.</exception>
    public static void ThrowIf(Failure? refusal)
    {
        if (refusal is not null) throw new RefusedException(refusal);
    }
}
