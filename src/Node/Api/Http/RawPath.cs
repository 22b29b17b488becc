using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace AkkaHa.Node.Api.Http;

/// <summary>
/// The path of a request, percent-decoded once from what was sent. The server's own decoding leaves <c>%2F</c> as it is, so that
/// <c>%2F</c> and <c>%252F</c> could not be told apart, and it removes <c>.</c> and <c>..</c> segments, which names must not have.
/// </summary>
internal static class RawPath
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>False: malformed, and <paramref name="wrong"/> says how. A target that is no path (<c>*</c>) gives null.</summary>
    public static bool TryDecode(string rawTarget, out string? path, [NotNullWhen(false)] out string? wrong)
    {
        (path, wrong) = (null, null);
        var raw = PathOf(rawTarget);
        if (raw.IsEmpty) return true;
        if (!raw.Contains('%'))
        {
            path = raw.ToString();
            return true;
        }
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(raw.Length)];
        var count = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                count += Encoding.UTF8.GetBytes(raw.Slice(i, 1), bytes.AsSpan(count));
                continue;
            }
            if (i + 2 >= raw.Length || !byte.TryParse(raw.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[count]))
            {
                wrong = "has a '%' that is not followed by two hexadecimal digits";
                return false;
            }
            // A name can't have it, and routing would take a trailing one for nothing.
            if (bytes[count] == '\n')
            {
                wrong = "has a control character (U+000A)";
                return false;
            }
            count++;
            i += 2;
        }
        return TryText(bytes.AsSpan(0, count), out path, out wrong);
    }

    private static bool TryText(ReadOnlySpan<byte> bytes, out string? path, [NotNullWhen(false)] out string? wrong)
    {
        try
        {
            (path, wrong) = (StrictUtf8.GetString(bytes), null);
            return true;
        }
        catch (DecoderFallbackException)
        {
            (path, wrong) = (null, "is not valid UTF-8 when percent-decoded");
            return false;
        }
    }

    // "/path?query", or "http://host/path?query" as proxies are sent it.
    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        if (target.IsEmpty) return target;
        if (target[0] != '/')
        {
            var scheme = target.IndexOf("://", StringComparison.Ordinal);
            if (scheme < 0) return [];
            var path = target[(scheme + 3)..].IndexOf('/');
            if (path < 0) return [];
            target = target[(scheme + 3 + path)..];
        }
        var end = target.IndexOfAny('?', '#');
        return end < 0 ? target : target[..end];
    }
}
