using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>What happened to a key.</summary>
public enum KeyEventType
{
    /// <summary>It was written, by itself or by a transaction.</summary>
    Put = 0,

    /// <summary>It was deleted.</summary>
    Delete = 1,

    /// <summary>Its time to live was over, or its session has ended.</summary>
    Expire = 2,
}

/// <summary>One change of a key.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Key">To which key.</param>
/// <param name="Value">What was written; null when it was not a put.</param>
/// <param name="Revision">The key's revision since then.</param>
/// <param name="Position">Where to go on after this event: keep it when you have handled the event.</param>
public sealed record KeyEvent(KeyEventType Type, string Key, ReadOnlyMemory<byte>? Value, Revision Revision, WatchPosition Position)
{
    /// <summary>The value as UTF-8 text; null when there is none.</summary>
    public string? Text => Value is { } value ? System.Text.Encoding.UTF8.GetString(value.Span) : null;

    internal static KeyEvent From(Wire.WatchEvent e) => new(
        (KeyEventType)e.Type, e.Key, e.Type == Wire.KeyEventType.Put ? e.Value.Memory : default(ReadOnlyMemory<byte>?), new Revision(e.Revision), new WatchPosition(e.Position));
}
