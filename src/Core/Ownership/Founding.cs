namespace AkkaHa.Core.Ownership;

/// <summary>What a node that may found a cluster is to do.</summary>
public enum FoundingVerdict
{
    /// <summary>Not known yet whether a cluster lives.</summary>
    Wait,

    /// <summary>One does: join it, however long that takes; a second one would only be in its way.</summary>
    Join,

    /// <summary>None does: found one, should nobody answer.</summary>
    Found,
}

/// <summary>
/// Whether a cluster lives on this database. Being reached says nothing: a node that is cut off from all others would found a second cluster beside theirs (ADR 0015).
/// </summary>
public static class Founding
{
    /// <summary>Decides.</summary>
    /// <param name="self">This node and incarnation.</param>
    /// <param name="holders">Who is written in the row of a shard, or of the coordinator. Only members are: a node that waits to be let in holds nothing.</param>
    /// <param name="seen">All nodes' leases, read after the holders were; null: not known.</param>
    public static FoundingVerdict Decide(string self, IReadOnlySet<string> holders, IReadOnlyList<LeaseSight>? seen)
    {
        // This node's own row must be there: else its watch has not begun.
        if (seen?.Any(s => s.Row.Node == self) != true) return FoundingVerdict.Wait;
        var others = Others(self, holders, seen).ToArray();
        if (others.Any(Lives)) return FoundingVerdict.Join;
        return others.All(s => s.ExpiredAt is not null) ? FoundingVerdict.Found : FoundingVerdict.Wait;
    }

    /// <summary>The members of the cluster that lives.</summary>
    public static IEnumerable<string> Living(string self, IReadOnlySet<string> holders, IReadOnlyList<LeaseSight> seen) =>
        Others(self, holders, seen).Where(Lives).Select(s => s.Row.Node);

    private static IEnumerable<LeaseSight> Others(string self, IReadOnlySet<string> holders, IReadOnlyList<LeaseSight> seen) =>
        seen.Where(s => s.Row.Node != self && !s.Row.Fenced && holders.Contains(s.Row.Node));

    private static bool Lives(LeaseSight sight) => sight.Renews && sight.ExpiredAt is null;
}
