namespace AkkaHa.ClientApi;

/// <summary>A part of a list.</summary>
/// <param name="Entries">In the order of their names' UTF-8 bytes.</param>
/// <param name="Next">Give it as <c>after</c> to go on; null: that was all.</param>
public sealed record KeyPage(IReadOnlyList<KeyEntry> Entries, string? Next);
