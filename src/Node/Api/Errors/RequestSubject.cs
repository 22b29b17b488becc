using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Api.Errors;

/// <summary>
/// What a request is about: whoever reads in the log looks for the session, the lock, the key or the transaction. As a scope it makes them fields of whatever is logged meanwhile; what it costs, it
/// costs when a line is written. Never a value.
/// </summary>
internal sealed class RequestSubject(IMessage request) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>Fields of requests, and what the log calls them.</summary>
    private static readonly Dictionary<string, string> Telling = new(StringComparer.Ordinal)
    {
        ["session_id"] = "sessionId", ["name"] = "lock", ["lock"] = "lock", ["key"] = "key", ["transaction_id"] = "transactionId", ["request_id"] = "requestId", ["address"] = "address",
    };

    private KeyValuePair<string, object?>[]? fields;

    public int Count => Fields.Length;

    public KeyValuePair<string, object?> this[int index] => Fields[index];

    private KeyValuePair<string, object?>[] Fields => fields ??= Read();

    public static RequestSubject? Of(object request) => request is IMessage message ? new RequestSubject(message) : null;

    /// <summary><c> (sessionId 117-…, lock a/b)</c>, or nothing.</summary>
    public override string ToString() => Count == 0 ? "" : $" ({string.Join(", ", Fields.Select(f => $"{f.Key} {f.Value}"))})";

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Fields.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private KeyValuePair<string, object?>[] Read() => [.. request.Descriptor.Fields.InDeclarationOrder()
        .Where(f => f is { IsRepeated: false, FieldType: FieldType.String } && Telling.ContainsKey(f.Name))
        .Select(f => (f.Name, Value: (string)f.Accessor.GetValue(request))).Where(f => f.Value.Length > 0)
        .Select(f => KeyValuePair.Create(Telling[f.Name], (object?)Refusals.Quote(f.Value)))];
}
