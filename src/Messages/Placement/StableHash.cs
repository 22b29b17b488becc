using System.IO.Hashing;
using System.Text;

namespace AkkaHa.Messages.Placement;

/// <summary>The same 64-bit hash of a text in every process, machine and version: XxHash3 of its UTF-8 bytes, seed 0.</summary>
public static class StableHash
{
    /// <summary>The hash of a text.</summary>
    public static ulong Of(string text)
    {
        const int onStack = 512;
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> buffer = most <= onStack ? stackalloc byte[onStack] : new byte[most];
        return XxHash3.HashToUInt64(buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
    }
}
