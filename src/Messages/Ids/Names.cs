using System.Text;

namespace AkkaHa.Messages;

/// <summary>The rules for names, labels and ids: each check answers null, or what is wrong, naming the field and the limit.</summary>
public static class Names
{
    /// <summary>Names of locks and keys: 1–512 UTF-8 bytes, no control characters, no empty, <c>.</c> or <c>..</c> segment.</summary>
    public static string? CheckName(string field, string name)
    {
        if (name.Length == 0) return $"{field} must not be empty";
        if (CheckText(field, name, Limits.NameBytes) is { } wrong) return wrong;
        foreach (var range in name.AsSpan().Split('/'))
        {
            var segment = name.AsSpan(range);
            if (segment.Length == 0) return $"{field} has an empty segment (between, before or after '/')";
            if (segment is "." or "..") return $"{field} has a segment '{segment}', which is not allowed";
        }
        return null;
    }

    /// <summary>What names may begin with, or a place among them: up to 512 UTF-8 bytes, no control characters.</summary>
    public static string? CheckPrefix(string field, string prefix) => CheckText(field, prefix, Limits.NameBytes);

    /// <summary>Labels: up to 128 UTF-8 bytes, no control characters.</summary>
    public static string? CheckLabel(string field, string label) => CheckText(field, label, Limits.LabelBytes);

    /// <summary>Request, holder and transaction ids: up to 64 UTF-8 bytes, no control characters. Empty is left to the caller.</summary>
    public static string? CheckId(string field, string id) => CheckText(field, id, Limits.IdBytes);

    private static string? CheckText(string field, string text, int limit)
    {
        foreach (var c in text)
            if (char.IsControl(c)) return $"{field} has a control character (U+{(int)c:X4})";
        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return $"{field} is not valid Unicode (a lone surrogate)";
        }
        return bytes > limit ? $"{field} has {bytes} bytes as UTF-8; the limit is {limit}" : null;
    }

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
}
