using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Keys;

/// <summary>
/// How long a key stays: for a time to live, counted on the clock of the rows, or for as long as its session. Only a stored end is an end; until then the
/// key is there, however late it is, so a time to live is a lower bound.
/// </summary>
internal static class KeyExpiry
{
    /// <summary>What a put writes. Whatever the key had before, it now has what this put says, or nothing.</summary>
    public static KeyWritten Put(long revision, ByteString value, double ttlSeconds, string sessionId, long rowTimeMs) => new()
    {
        Present = true, Value = value, Revision = revision, SessionId = sessionId,
        ExpiresAtMs = ttlSeconds > 0 ? rowTimeMs + Math.Max(1, (long)Math.Round(ttlSeconds * 1000)) : 0,
    };

    /// <summary>What <see cref="Put(long, ByteString, double, string, long)"/> is for an operation of a transaction.</summary>
    public static KeyWritten Put(long revision, PutOperation put, long rowTimeMs)
    {
        var written = Put(revision, put.Value, put.TtlSeconds, put.SessionId, rowTimeMs);
        if (written.ExpiresAtMs > 0) written.TtlMs = written.ExpiresAtMs - rowTimeMs;
        return written;
    }

    /// <summary>The end of a key that ends by itself.</summary>
    public static KeyWritten End(KeyWritten current) => new() { Revision = Revisions.Next(current), Expired = true };

    /// <summary>By the node's own clock, and not by the time of the last row, which a faster clock may have written.</summary>
    public static bool IsDue(KeyWritten current, long wallMs) => current.Present && current.ExpiresAtMs > 0 && wallMs >= current.ExpiresAtMs;

    /// <exception cref="InvalidHistoryException">What ends by itself was there, and had a session or a time to live that was over when the row was written.</exception>
    public static void Check(string name, KeyWritten before, KeyWritten after, Stamp stamp)
    {
        if (!after.Present && (after.ExpiresAtMs != 0 || after.SessionId.Length > 0)) throw new InvalidHistoryException($"key '{name}': what is absent can't end");
        if (!after.Expired) return;
        if (after.Present || !before.Present) throw new InvalidHistoryException($"key '{name}': revision {after.Revision} ends what is not there");
        if (before.SessionId.Length == 0 && (before.ExpiresAtMs == 0 || stamp.TimeMs < before.ExpiresAtMs))
            throw new InvalidHistoryException($"key '{name}': revision {after.Revision} ends at {stamp.TimeMs} what stays until {before.ExpiresAtMs} (0: for ever)");
    }
}
