using System.Globalization;

namespace AkkaHa.ClientApi;

/// <summary>The number of a key's version: per key, it grows with every change for ever, also across deletes.</summary>
/// <param name="Value">The number; 0 means that there is no such key.</param>
public readonly record struct Revision(long Value) : IComparable<Revision>
{
    /// <summary>There is no such key. As a condition: it must be absent.</summary>
    public static Revision Absent => default;

    /// <summary>The number.</summary>
    public static implicit operator long(Revision revision) => revision.Value;

    /// <inheritdoc />
    public int CompareTo(Revision other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
