using System.Globalization;

namespace AkkaHa.Messages;

/// <summary>A session: the number of its slot, a hyphen, and a uuid (version 7), for example <c>117-0198…</c>.</summary>
public readonly record struct SessionId(int Slot, string Text)
{
    /// <summary>A new session in this slot.</summary>
    public static SessionId Create(int slot, Guid unique) => new(slot, string.Create(CultureInfo.InvariantCulture, $"{slot}-{unique:D}"));

    /// <summary>Reads a session id; false when it has not that form.</summary>
    public static bool TryParse(string text, out SessionId id)
    {
        var hyphen = text.IndexOf('-', StringComparison.Ordinal);
        if (hyphen is > 0 and < 7
            && int.TryParse(text.AsSpan(0, hyphen), NumberStyles.None, CultureInfo.InvariantCulture, out var slot)
            && Guid.TryParseExact(text.AsSpan(hyphen + 1), "D", out _))
        {
            id = new SessionId(slot, text);
            return true;
        }
        id = default;
        return false;
    }

    /// <summary>The slot that keeps it.</summary>
    public EntityId Entity => EntityId.SessionSlot(Slot);

    /// <inheritdoc />
    public override string ToString() => Text;
}
