using AkkaHa.Messages;

namespace AkkaHa.Node.Journal;

/// <summary>Which entities' rows are read.</summary>
internal sealed class JournalScope
{
    private readonly (string Name, string Value)[] parameters;

    private JournalScope(string filter, params (string, string)[] parameters)
    {
        Filter = filter;
        this.parameters = parameters;
    }

    /// <summary>Every key.</summary>
    public static readonly JournalScope Keys = new(Kind(EntityId.KeyKind));

    /// <summary>Every key, and every slot of sessions.</summary>
    public static readonly JournalScope KeysAndSessions = new($"({Kind(EntityId.KeyKind)} OR {Kind(EntityId.SessionKind)})");

    /// <summary>Every lock.</summary>
    public static readonly JournalScope Locks = new(Kind(EntityId.LockKind));

    /// <summary>A condition on <c>persistence_id</c>, to be compared by bytes (PostgreSQL's own collation may put '0' before '/').</summary>
    public string Filter { get; }

    public ReadOnlySpan<(string Name, string Value)> Parameters => parameters;

    public static JournalScope Of(WatchedKeys watched)
    {
        var first = EntityId.Key(watched.Text).ToString();
        return watched.Exact
            ? new JournalScope("persistence_id = @first", ("@first", first))
            : new JournalScope("{id} >= @first AND {id} < @below", ("@first", first), ("@below", KeyRange.Successor(first)!));
    }

    /// <summary>One entity.</summary>
    public static JournalScope Of(EntityId id) => new("persistence_id = @first", ("@first", id.ToString()));

    /// <summary>All locks whose names begin with this.</summary>
    public static JournalScope LocksWith(string prefix)
    {
        var first = $"{EntityId.LockKind}/{prefix}";
        return new JournalScope("{id} >= @first AND {id} < @below", ("@first", first), ("@below", KeyRange.Successor(first)!));
    }

    // Names of kinds have nothing that needs quoting; '0' comes after '/'.
    private static string Kind(string kind) => $"({{id}} >= '{kind}/' AND {{id}} < '{kind}0')";
}

/// <summary>What one watches: a key, or all keys with a prefix.</summary>
internal readonly record struct WatchedKeys(string Text, bool Exact)
{
    public bool Has(string key) => Exact ? key == Text : key.StartsWith(Text, StringComparison.Ordinal);
}
