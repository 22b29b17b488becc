using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AkkaHa.Cli.CommandLine;

/// <summary>Values as people read them, always on one line and harmless to a terminal: text in quotes, other bytes in base64.</summary>
static class ValueText
{
    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

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

    // As JSON writes it: line ends and control characters are escaped.
    static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
