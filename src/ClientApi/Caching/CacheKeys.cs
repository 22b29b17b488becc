using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi.Caching;

/// <summary>
/// The names of cache keys. A key that makes a valid name keeps it, so that people find it; any other text (too long, control characters, empty segments, no
/// valid Unicode) goes by its SHA-256, behind a mark that no kept key begins with: two keys never share a name.
/// </summary>
internal sealed class CacheKeys(string prefix)
{
    private const int PrefixBytes = 400;
    private const char HashMark = '~';

    public static string? WhatIsWrongWith(string? prefix)
    {
        if (string.IsNullOrEmpty(prefix)) return "KeyPrefix must not be empty";
        // Whatever follows, a hash at least makes a name of it.
        if (Names.CheckName("KeyPrefix", prefix + HashMark) is { } wrong) return wrong;
        return Encoding.UTF8.GetByteCount(prefix) is var bytes and > PrefixBytes ? $"KeyPrefix has {bytes} bytes as UTF-8; the limit is {PrefixBytes}" : null;
    }

    public string NameOf(string key)
    {
        var kept = prefix + key;
        return key.Length > 0 && key[0] != HashMark && Names.CheckName("key", kept) is null ? kept : prefix + HashMark + Hash(key);
    }

    // Of the characters, not of their UTF-8: that would make all lone surrogates one.
    private static string Hash(string key) => Base64Url.EncodeToString(SHA256.HashData(MemoryMarshal.AsBytes(key.AsSpan())));
}
