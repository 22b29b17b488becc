namespace AkkaHa.Node.Monitoring;

/// <summary>What is counted apart from one another.</summary>
internal enum CallKind
{
    Locks,
    Keys,
    Transactions,
    Sessions,
    Eventual,

    /// <summary>Writes to the journal.</summary>
    Journal,
}

/// <summary>Their names, as the dashboard shows them.</summary>
internal static class CallKinds
{
    private const string Package = "/akkaha.v1.";

    public static string[] Names { get; } = ["locks", "keys", "transactions", "sessions", "eventual", "journal"];

    /// <summary>The kind of a gRPC method; null: not counted, as questions about the cluster are not, of which the dashboard asks most.</summary>
    public static CallKind? Of(string method)
    {
        if (!method.StartsWith(Package, StringComparison.Ordinal)) return null;
        return method.AsSpan(Package.Length) switch
        {
            var m when m.StartsWith("Locks/") => CallKind.Locks,
            var m when m.StartsWith("Keys/") => CallKind.Keys,
            var m when m.StartsWith("Transactions/") => CallKind.Transactions,
            var m when m.StartsWith("Sessions/") => CallKind.Sessions,
            var m when m.StartsWith("Eventual/") => CallKind.Eventual,
            _ => null,
        };
    }
}
