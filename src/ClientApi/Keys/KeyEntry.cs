using System.Text;

namespace AkkaHa.ClientApi;

/// <summary>A key with its value.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Revision">The number of this version. In a transaction that itself wrote the value: of the version it read before, if any.</param>
public sealed record KeyEntry(string Key, ReadOnlyMemory<byte> Value, Revision Revision)
{
    /// <summary>The value as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Value.Span);
}
