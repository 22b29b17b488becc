using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Keys;

/// <summary>What a transaction's prepared write is once a row has applied it.</summary>
public static class LandedWrite
{
    /// <summary>
    /// A time to live counts from the row that applies it, since nobody could see the key before. Writes of earlier versions have the end only, counted from the row that prepared them.
    /// </summary>
    /// <param name="prepared">As it stands in <c>Prepared</c> and <c>Applied</c>.</param>
    /// <param name="rowTimeMs">Of the row that applies it.</param>
    public static KeyWritten Of(KeyWritten prepared, long rowTimeMs)
    {
        if (prepared.TtlMs == 0) return prepared;
        var landed = prepared.Clone();
        // A clock that is behind must not make it shorter.
        landed.ExpiresAtMs = Math.Max(prepared.ExpiresAtMs, rowTimeMs + prepared.TtlMs);
        landed.TtlMs = 0;
        return landed;
    }
}
