using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Api.Errors;

/// <summary>What a request was about, for the log: whoever reads there of a failure looks for the session, the lock, the key or the transaction. Never a value.</summary>
internal static class RequestSubject
{
    private static readonly string[] Telling = ["session_id", "name", "key", "transaction_id", "request_id", "address"];

    /// <summary><c> (sessionId 117-…, name a/b)</c>, or nothing.</summary>
    public static string Of(object request)
    {
        if (request is not IMessage message) return "";
        var told = message.Descriptor.Fields.InDeclarationOrder()
            .Where(field => field is { IsRepeated: false, FieldType: FieldType.String } && Telling.Contains(field.Name))
            .Select(field => (field.JsonName, Value: (string)field.Accessor.GetValue(message))).Where(field => field.Value.Length > 0)
            .Select(field => $"{field.JsonName} {Refusals.Quote(field.Value)}").ToArray();
        return told.Length == 0 ? "" : $" ({string.Join(", ", told)})";
    }
}
