using System.Text.Json;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Api.Http;

/// <summary>
/// Holds a JSON body against the message it is to become, naming the first thing wrong: unknown and duplicate fields, wrong types,
/// numbers out of range, two of a oneof, and path fields that differ from the path. The transcoder would take most of these silently.
/// </summary>
internal static class StrictJson
{
    private const int MaxDepth = 32;

    /// <param name="utf8">The body.</param>
    /// <param name="message">What it must be.</param>
    /// <param name="bound">Top-level fields that the path has set already, by proto name.</param>
    public static Failure? Check(ReadOnlySpan<byte> utf8, MessageDescriptor message, IReadOnlyDictionary<string, string> bound)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) return Refusals.Invalid("body", "must be a JSON object");
            var wrong = Object(ref reader, message, bound);
            if (wrong is null) reader.Read();
            return wrong;
        }
        catch (JsonException e)
        {
            return Refusals.Invalid("body", $"is not well-formed JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
    }

    private static Failure? Object(ref Utf8JsonReader reader, MessageDescriptor message, IReadOnlyDictionary<string, string>? bound)
    {
        var fields = FieldNames.Of(message);
        var seen = new HashSet<int>();
        HashSet<OneofDescriptor>? oneofs = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Text(ref reader) is not { } name) return Refusals.Invalid("body", "has a field name that is not valid Unicode");
            if (!fields.TryGetValue(name, out var field))
                return Refusals.Invalid(Refusals.Quote(name), $"is not a field here; {FieldNames.List(message.Fields.InFieldNumberOrder())}");
            if (!seen.Add(field.FieldNumber)) return Refusals.Invalid(field.JsonName, "is given more than once");
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (field.RealContainingOneof is { } oneof && !(oneofs ??= []).Add(oneof))
                return Refusals.Invalid(field.JsonName, $"can't be given together with another of {string.Join(", ", oneof.Fields.Select(f => f.JsonName))}");
            if (bound is not null && bound.TryGetValue(field.Name, out var inPath))
            {
                if (reader.TokenType != JsonTokenType.String || Text(ref reader) != inPath) return Refusals.Invalid(field.JsonName, "differs from that in the path");
                continue;
            }
            if (Value(ref reader, field) is { } wrong) return Refusals.Within(field.JsonName, wrong);
        }
        return null;
    }

    private static Failure? Value(ref Utf8JsonReader reader, FieldDescriptor field)
    {
        if (field.IsMap) return Map(ref reader, field);
        if (!field.IsRepeated) return Single(ref reader, field);
        if (reader.TokenType != JsonTokenType.StartArray) return Refusals.Invalid("", "must be an array");
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
            if (Single(ref reader, field) is { } wrong) return Refusals.Within($"[{i}]", wrong);
        return null;
    }

    private static Failure? Map(ref Utf8JsonReader reader, FieldDescriptor field)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return Refusals.Invalid("", "must be an object");
        var value = field.MessageType.FindFieldByNumber(2);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Text(ref reader) is not { } name) return Refusals.Invalid("", "has a field name that is not valid Unicode");
            if (!seen.Add(name)) return Refusals.Invalid(Refusals.Quote(name), "is given more than once");
            reader.Read();
            if (Single(ref reader, value) is { } wrong) return Refusals.Within(Refusals.Quote(name), wrong);
        }
        return null;
    }

    private static Failure? Single(ref Utf8JsonReader reader, FieldDescriptor field)
    {
        if (field.FieldType == FieldType.Message)
            return reader.TokenType == JsonTokenType.StartObject ? Object(ref reader, field.MessageType, null) : Refusals.Invalid("", "must be an object");
        return Scalar(ref reader, field) is { } says ? Refusals.Invalid("", says) : null;
    }

    private static string? Scalar(ref Utf8JsonReader reader, FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Bool:
                return reader.TokenType is JsonTokenType.True or JsonTokenType.False ? null : "must be true or false";
            case FieldType.Double or FieldType.Float:
                return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number) ? null : ScalarText.MustBeNumber;
            case FieldType.Enum:
                return reader.TokenType == JsonTokenType.String && Text(ref reader) is { } value ? ScalarText.Wrong(field, value) : ScalarText.MustBeOneOf(field);
            case FieldType.String or FieldType.Bytes:
                if (reader.TokenType != JsonTokenType.String) return field.FieldType == FieldType.Bytes ? "must be a base64 string" : "must be a string";
                return Text(ref reader) is { } text ? ScalarText.Wrong(field, text) : "is not valid Unicode";
            default:
                if (reader.TokenType == JsonTokenType.Number) return ScalarText.Wrong(field, System.Text.Encoding.ASCII.GetString(reader.ValueSpan));
                // The transcoder takes text for 64-bit integers only, which JSON numbers can't all hold.
                return reader.TokenType == JsonTokenType.String && IsLong(field) && Text(ref reader) is { } digits ? ScalarText.Wrong(field, digits) : ScalarText.MustBeInteger(field);
        }
    }

    private static bool IsLong(FieldDescriptor field) =>
        field.FieldType is FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 or FieldType.UInt64 or FieldType.Fixed64;

    // Null: invalid UTF-8, or an escaped lone surrogate; the reader finds either only now.
    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
