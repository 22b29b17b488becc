using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Values as people read them, always on one line and harmless to a terminal: text in quotes, other bytes in base64.</summary>
static class ValueText
{
    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    static readonly JavaScriptEncoder Escapes = JavaScriptEncoder.Create(UnicodeRanges.All);

    public static string Of(ReadOnlyMemory<byte>? value, int atMost = int.MaxValue)
    {
        if (value is not { } bytes) return "-";
        try
        {
            var text = Strict.GetString(bytes.Span);
            return text.Length > atMost ? Quote(text[..atMost]) + $" … {bytes.Length} bytes" : Quote(text);
        }
        catch (DecoderFallbackException)
        {
            var text = Convert.ToBase64String(bytes.Span);
            return "base64:" + (text.Length > atMost ? text[..atMost] + $" … {bytes.Length} bytes" : text);
        }
    }

    // As JSON writes it, but with what is harmless outside of web pages left as it is.
    static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, Escapes).ToString().Replace("\\u0022", "\\\"", StringComparison.Ordinal).Replace("\\u0027", "'", StringComparison.Ordinal)
        .Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal).Replace("\\u0026", "&", StringComparison.Ordinal).Replace("\\u002B", "+", StringComparison.Ordinal).Replace("\\u0060", "`", StringComparison.Ordinal)}\"";
}
