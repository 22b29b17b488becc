using System.Buffers.Text;
using System.Globalization;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Api.Http;

/// <summary>Scalars written as text, in a query or a JSON string: null when well formed, else what the field must be.</summary>
internal static class ScalarText
{
    public static string? Wrong(FieldDescriptor field, string text) => field.FieldType switch
    {
        FieldType.String => null,
        FieldType.Bytes => Base64.IsValid(text) && !text.AsSpan().ContainsAny(" \t\r\n") ? null : "must be base64",
        FieldType.Bool => text is "true" or "false" ? null : "must be true or false",
        FieldType.Enum => field.EnumType.FindValueByName(text) is null ? MustBeOneOf(field) : null,
        FieldType.Double or FieldType.Float => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && double.IsFinite(d) ? null : MustBeNumber,
        _ => IsInteger(text) ? Range(field, text) : MustBeInteger(field),
    };

    public const string MustBeNumber = "must be a finite number";

    public static string MustBeOneOf(FieldDescriptor field) => $"must be one of {string.Join(", ", field.EnumType.Values.Select(v => v.Name))}";

    public static string MustBeInteger(FieldDescriptor field)
    {
        var (min, max) = Bounds(field);
        return string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}");
    }

    private static string? Range(FieldDescriptor field, string text)
    {
        var (min, max) = Bounds(field);
        return decimal.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? null : MustBeInteger(field);
    }

    private static bool IsInteger(string text)
    {
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        return digits.Length is > 0 and <= 20 && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static (decimal Min, decimal Max) Bounds(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int.MinValue, int.MaxValue),
        FieldType.UInt32 or FieldType.Fixed32 => (uint.MinValue, uint.MaxValue),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong.MinValue, ulong.MaxValue),
        _ => (long.MinValue, long.MaxValue),
    };
}
