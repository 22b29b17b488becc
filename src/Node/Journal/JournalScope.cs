using AkkaHa.Messages;

namespace AkkaHa.Node.Journal;

/// <summary>Which entities' rows are read.</summary>
internal sealed class JournalScope
{
    private readonly (string Name, string Value)[] parameters;

    private JournalScope(string filter, bool isOne = false, params (string, string)[] parameters)
    {
        (Filter, IsOne) = (filter, isOne);
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

    /// <summary>The rows of one entity: they have an index of their own.</summary>
    public bool IsOne { get; }

    public ReadOnlySpan<(string Name, string Value)> Parameters => parameters;

    public static JournalScope Of(WatchedKeys watched) => watched.Exact ? Of(EntityId.Key(watched.Text)) : With(EntityId.KeyKind, watched.Text);

    /// <summary>One entity.</summary>
    public static JournalScope Of(EntityId id) => new("persistence_id = @first", isOne: true, ("@first", id.ToString()));

    /// <summary>All of this kind whose names begin with this.</summary>
    public static JournalScope With(string kind, string prefix)
    {
        var first = $"{kind}/{prefix}";
        return new JournalScope("{id} >= @first AND {id} < @below", isOne: false, ("@first", first), ("@below", KeyRange.Successor(first)!));
    }

    // Names of kinds have nothing that needs quoting; '0' comes after '/'.
    private static string Kind(string kind) => $"({{id}} >= '{kind}/' AND {{id}} < '{kind}0')";
}

/// <summary>What one watches: a key, or all keys with a prefix.</summary>
internal readonly record struct WatchedKeys(string Text, bool Exact)
{
    public bool Has(string key) => Exact ? key == Text : key.StartsWith(Text, StringComparison.Ordinal);
}
