using System.IO.Hashing;
using System.Text;

namespace AkkaHa.Messages.Placement;

/// <summary>
/// XxHash3-64 (seed 0) of UTF-8 text: the one hash that decides where anything is placed.
/// The same text gives the same number in every process, on every machine and in every version; stored data
/// depends on that, so it can never change. (xxHash by Yann Collet, XXH3 specification 0.8.)
/// </summary>
public static class StableHash
{
    private const int StackBytes = 1024;

    /// <summary>The hash of <paramref name="text"/> as UTF-8. Unpaired surrogates count as U+FFFD.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static ulong Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var room = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = room <= StackBytes ? stackalloc byte[StackBytes] : new byte[room];
        return XxHash3.HashToUInt64(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }
}
