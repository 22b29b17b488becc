namespace AkkaHa.Core.Eventual;

/// <summary>What eventual data can be.</summary>
public enum Kind
{
    /// <summary>A sum of increments.</summary>
    Counter,

    /// <summary>A set of texts: an add wins over a removal at the same time.</summary>
    Set,

    /// <summary>A text: of writes at the same time the latest stays.</summary>
    Register,

    /// <summary>Named registers.</summary>
    Map,

    /// <summary>On or off: of switches at the same time the one to on stays.</summary>
    Flag,
}

/// <summary>Kinds by their names, as users write them.</summary>
public static class Kinds
{
    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["counter", "set", "register", "map", "flag"];

    /// <summary>As users write it.</summary>
    public static string NameOf(Kind kind) => Names[(int)kind];

    /// <summary>False: there is no such kind.</summary>
    public static bool TryParse(string name, out Kind kind)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            kind = (Kind)i;
            if (Names[i] == name) return true;
        }
        kind = default;
        return false;
    }

    /// <summary>Sets and maps are spread over buckets by their elements.</summary>
    public static bool IsSpread(Kind kind) => kind is Kind.Set or Kind.Map;
}
