namespace AkkaHa.Judge.Keys;

/// <summary>What was asked of a key.</summary>
public enum KeyAction
{
    /// <summary>Read it.</summary>
    Get,

    /// <summary>Write it.</summary>
    Put,

    /// <summary>Remove it.</summary>
    Delete,

    /// <summary>It ends by itself: what a put wrote whose time to live is over, or whose session. Nobody asks for that, so its end is always <see cref="KeyEnd.Unknown"/>.</summary>
    Expire,
}

/// <summary>How it ended for the caller.</summary>
public enum KeyEnd
{
    /// <summary>Not known: it may have been done, or not, or may yet be.</summary>
    Unknown,

    /// <summary>Done.</summary>
    Done,

    /// <summary>Refused since the key was at another revision.</summary>
    Refused,
}

/// <summary>One call on one key, as its client saw it. What certainly was not done is not recorded at all.</summary>
public sealed record KeyCall(string Key, KeyAction Action, KeyEnd End, long InvokedAt, long CompletedAt)
{
    /// <summary>What a put writes, or what ends; then no other put may write the same.</summary>
    public string? Value { get; init; }

    /// <summary>The revision that is asked for; 0: absent; null: any.</summary>
    public long? IfRevision { get; init; }

    /// <summary>What a get saw; null: no such key.</summary>
    public string? Seen { get; init; }

    /// <summary>The revision in the answer; null when it named none.</summary>
    public long? Revision { get; init; }

    /// <summary>Whether a delete found something.</summary>
    public bool Deleted { get; init; }

    /// <summary>Who answered, when only one was asked.</summary>
    public string? By { get; init; }

    /// <summary>For an unknown one: when its client stopped repeating it.</summary>
    public long? GivenUpAt { get; init; }

    /// <inheritdoc />
    public override string ToString()
    {
        var asked = Action == KeyAction.Put ? $"put {Value}" : Action == KeyAction.Delete ? "delete" : Action == KeyAction.Expire ? $"end of {Value}" : "get";
        var condition = IfRevision is null ? "" : $" if {IfRevision}";
        var result = End == KeyEnd.Unknown ? "?" : Action == KeyAction.Get ? $"{Seen ?? "absent"} @{Revision}" : $"{End} @{Revision}";
        return $"[{InvokedAt}..{(CompletedAt == Time.Never ? "" : CompletedAt)}] {asked}{condition} -> {result}{(By is null ? "" : $" by {By}")}";
    }
}
