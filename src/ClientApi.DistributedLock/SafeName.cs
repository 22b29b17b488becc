using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>
/// Any text as the name of a lock. What is a valid name stays as it is, so that operators and AkkaHa's own clients find it; anything else (empty, too long, control characters, <c>.</c>, <c>a//b</c>, no valid Unicode)
/// goes by its SHA-256. The safe name of a safe name is itself.
/// </summary>
internal static class SafeName
{
    private const string HashMark = "~";

    public static string Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Names.CheckName("name", name) is null ? name : HashMark + Hash(name);
    }

    /// <summary>A name that must be valid as it is.</summary>
    /// <exception cref="FormatException">It is not; the message says why.</exception>
    public static string Exactly(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Names.CheckName("name", name) is { } wrong ? throw new FormatException(wrong) : name;
    }

    // Of the characters, not of their UTF-8: that would make all lone surrogates one.
    private static string Hash(string name) => Base64Url.EncodeToString(SHA256.HashData(MemoryMarshal.AsBytes(name.AsSpan())));
}
