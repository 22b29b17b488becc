namespace AkkaHa.ClientApi.Connection;

/// <summary>Addresses as users write them: <c>http://a:5081,http://b:5081</c>.</summary>
internal static class EndpointList
{
    public static string? WhatIsWrongWith(string? text)
    {
        var parts = Split(text);
        if (parts.Length == 0) return "is empty; give at least one address, for example http://localhost:5081";
        foreach (var part in parts)
            if (Normalize(part) is null) return $"has '{part}', which is no http:// or https:// address";
        return null;
    }

    public static IReadOnlyList<string> Parse(string text) => [.. Split(text).Select(Normalize).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>One spelling per address, so that a node is not connected to twice; null when it is none.</summary>
    public static string? Normalize(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri is { Host.Length: > 0, PathAndQuery: "/" }
            ? uri.GetLeftPart(UriPartial.Authority)
            : null;

    private static string[] Split(string? text) => (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
