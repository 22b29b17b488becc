using System.Globalization;
using System.Text.Json;

namespace AkkaHa.ClientApi.Errors;

/// <summary>Reads details leniently: 64-bit numbers come as text or as numbers, and a field that is missing or of another form is just not there.</summary>
internal static class ErrorDetails
{
    public static string? Text(this JsonElement details, string field) =>
        Field(details, field) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;

    public static double? Number(this JsonElement details, string field) => Field(details, field) switch
    {
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        { ValueKind: JsonValueKind.String } text when double.TryParse(text.GetString(), CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    public static long? Integer(this JsonElement details, string field) => Field(details, field) switch
    {
        { ValueKind: JsonValueKind.Number } number => (long)number.GetDouble(),
        { ValueKind: JsonValueKind.String } text when long.TryParse(text.GetString(), CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    public static IEnumerable<JsonElement> Items(this JsonElement details, string field) =>
        Field(details, field) is { ValueKind: JsonValueKind.Array } found ? found.EnumerateArray() : [];

    private static JsonElement? Field(JsonElement details, string field) =>
        details.ValueKind == JsonValueKind.Object && details.TryGetProperty(field, out var found) ? found : null;
}
