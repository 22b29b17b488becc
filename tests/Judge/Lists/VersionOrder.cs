namespace AkkaHa.Judge.Lists;

/// <summary>
/// The versions of one list. Lists only grow at their end, so that each read shows the whole order of all writes before it (Kingsbury and Alvaro,
/// "Elle", 2020).
/// </summary>
sealed class VersionOrder
{
    private readonly List<string> elements;

    private VersionOrder(List<string> elements) => this.elements = elements;

    public IReadOnlyList<string> Elements => elements;

    public static (VersionOrder Order, List<Violation> Violations) Of(string key, IEnumerable<(string Transaction, IReadOnlyList<string> Seen)> reads)
    {
        var violations = new List<Violation>();
        var (longestBy, longest) = ("nobody", (IReadOnlyList<string>)[]);
        var all = reads.ToList();
        foreach (var (transaction, seen) in all)
            if (seen.Count > longest.Count) (longestBy, longest) = (transaction, seen);
        foreach (var (transaction, seen) in all)
            if (!seen.SequenceEqual(longest.Take(seen.Count)))
                violations.Add(new Violation("one order of versions", $"list '{key}': {transaction} saw [{string.Join(' ', seen)}], {longestBy} saw [{string.Join(' ', longest)}]"));
        foreach (var twice in longest.GroupBy(e => e).Where(g => g.Count() > 1))
            violations.Add(new Violation("exactly once", $"list '{key}' holds '{twice.Key}' {twice.Count()} times"));
        return (new VersionOrder([.. longest]), violations);
    }
}
