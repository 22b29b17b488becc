namespace AkkaHa.Core.Eventual;

/// <summary>A part of a datum within its bucket.</summary>
/// <param name="Name"><c>kind/name</c>.</param>
/// <param name="Part">See <see cref="ValuePart"/> and the others.</param>
public readonly record struct ItemKey(string Name, string Part) : IComparable<ItemKey>
{
    /// <summary>The value of a counter, register or flag.</summary>
    public const string ValuePart = "v";

    /// <summary>The requests that were done.</summary>
    public const string MarksPart = "r";

    private const string ElementPrefix = "e";

    /// <summary>Whether this is an element of a set or a field of a map.</summary>
    public bool IsElement => Part.StartsWith(ElementPrefix, StringComparison.Ordinal);

    /// <summary>Whether the datum is there because of this.</summary>
    public bool IsData => Part != MarksPart;

    /// <summary>The element's or field's name.</summary>
    public string Element => Part[ElementPrefix.Length..];

    /// <summary>The value of a counter, register or flag.</summary>
    public static ItemKey ValueOf(string name) => new(name, ValuePart);

    /// <summary>The requests that were done to a datum.</summary>
    public static ItemKey MarksOf(string name) => new(name, MarksPart);

    /// <summary>One element of a set or field of a map.</summary>
    public static ItemKey ElementOf(string name, string element) => new(name, ElementPrefix + element);

    /// <inheritdoc />
    public int CompareTo(ItemKey other) => string.CompareOrdinal(Name, other.Name) is not 0 and var byName ? byName : string.CompareOrdinal(Part, other.Part);
}
