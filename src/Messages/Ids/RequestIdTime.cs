namespace AkkaHa.Messages;

/// <summary>Request ids that are uuids of version 7 carry their issue time (RFC 9562, section 5.7).</summary>
public static class RequestIdTime
{
    /// <summary>The issue time in Unix milliseconds, or null when the id has another form.</summary>
    public static long? IssuedAtMs(string requestId)
    {
        if (!Guid.TryParse(requestId, out var id) || id.Version != 7) return null;
        Span<byte> bytes = stackalloc byte[16];
        if (!id.TryWriteBytes(bytes, bigEndian: true, out _)) return null;
        return ((long)bytes[0] << 40) | ((long)bytes[1] << 32) | ((long)bytes[2] << 24) | ((long)bytes[3] << 16) | ((long)bytes[4] << 8) | bytes[5];
    }
}
