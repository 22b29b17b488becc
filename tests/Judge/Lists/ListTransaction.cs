namespace AkkaHa.Judge.Lists;

/// <summary>How a transaction ended for its client.</summary>
public enum ListEnd
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>Committed.</summary>
    Committed,

    /// <summary>Aborted: it changed nothing.</summary>
    Aborted,
}

/// <summary>One transaction over lists. Every element is appended at most once in a whole history.</summary>
public sealed record ListTransaction(string Id, ListEnd End, long InvokedAt, long CompletedAt, IReadOnlyList<ListStep> Steps);

/// <summary>One step of it.</summary>
/// <param name="Key">The list.</param>
/// <param name="Append">What is appended; null: it reads.</param>
/// <param name="Seen">The list after the step; null when the client does not know.</param>
public sealed record ListStep(string Key, string? Append, IReadOnlyList<string>? Seen);
