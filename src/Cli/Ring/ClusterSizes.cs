using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Cli.Ring;

/// <summary>The cluster sizes to simulate, from <paramref name="Least"/> to <paramref name="Most"/>.</summary>
sealed record ClusterSizes(int Least, int Most)
{
    // One node can't leave a cluster of one; far above the limit rendezvous hashing takes minutes.
    const int Lowest = 2;
    const int Highest = 2_000;

    /// <summary>The limits in words.</summary>
    public static string Limits => $"{Lowest} to {Highest}";

    /// <summary>Reads <c>10</c> or <c>3..1000</c>.</summary>
    public static bool TryParse(string text, out ClusterSizes? sizes)
    {
        sizes = null;
        var dots = text.IndexOf("..", StringComparison.Ordinal);
        var first = dots < 0 ? text : text[..dots];
        var last = dots < 0 ? text : text[(dots + 2)..];
        if (!IntegerOption.TryParse(first, Lowest, Highest, out var least)
            || !IntegerOption.TryParse(last, least, Highest, out var most))
            return false;
        sizes = new ClusterSizes(least, most);
        return true;
    }

    /// <summary>As it is typed; help shows it as the default.</summary>
    public override string ToString() => Least == Most ? $"{Least}" : $"{Least}..{Most}";

    /// <summary>Both ends, and what is between them of 5 and of 1, 3, 10, 30, 100, …</summary>
    public IEnumerable<int> Selection()
    {
        SortedSet<int> sizes = [Least, Most];
        // Five nodes are no step of the series, but a cluster size that people really have.
        sizes.Add(Math.Clamp(5, Least, Most));
        for (var power = 1; power < Most; power *= 10)
            sizes.UnionWith(new[] { power, 3 * power }.Where(size => size > Least && size < Most));
        return sizes;
    }
}
