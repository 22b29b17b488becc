namespace AkkaHa.Core.Transactions;

/// <summary>Why transactions are aborted, as users read it in <c>details.reason</c>. Any other text is an operation's that can't be done.</summary>
public static class AbortReason
{
    /// <summary>Not decided in its time.</summary>
    public const string Deadline = "deadline";

    /// <summary>The same, and at least one attempt of it died of older transactions: users read TXN_CONFLICT (ADR 0016).</summary>
    public const string Conflict = "conflict";

    /// <summary>Somebody wanted to know for certain, and it was not heard of.</summary>
    public const string Resolved = "resolved";

    /// <summary>A participant asked about what was not heard of.</summary>
    public const string NeverStarted = "never started";

    /// <summary>Its coordinator was lost before all had prepared.</summary>
    public const string Recovery = "recovery";

    /// <summary>A participant has prepared something else under its id.</summary>
    public const string Mismatch = "a participant knows this id with another payload";

    /// <summary>An operator dropped it: a participant is lost, with its rows.</summary>
    public const string GivenUp = "given up";

    /// <summary>Its id carries a time that is to come.</summary>
    public const string Ahead = "its id was issued in the future";
}
