using System.Globalization;

namespace AkkaHa.ClientApi;

/// <summary>
/// The number of a grant: it grows with every grant of a lock, for ever. Hand it to whatever the lock protects and let that refuse a
/// smaller one than it has seen; AkkaHa's own keys and transactions check it by themselves.
/// </summary>
/// <param name="Value">The number, 1 or more.</param>
public readonly record struct Fence(long Value) : IComparable<Fence>
{
    /// <summary>The number.</summary>
    public static implicit operator long(Fence fence) => fence.Value;

    /// <inheritdoc />
    public int CompareTo(Fence other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
