namespace AkkaHa.Chaos.Figures;

/// <summary>Stretches of time, joined where they overlap.</summary>
sealed class Intervals
{
    private readonly List<(long From, long To)> joined = [];

    public Intervals(IEnumerable<(long From, long To)> all)
    {
        foreach (var (from, to) in all.Order())
        {
            if (joined.Count > 0 && from <= joined[^1].To) joined[^1] = (joined[^1].From, Math.Max(joined[^1].To, to));
            else joined.Add((from, to));
        }
    }

    public bool Contains(long time)
    {
        var (low, high) = (0, joined.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (joined[middle].From <= time) low = middle + 1;
            else high = middle;
        }
        return low > 0 && time <= joined[low - 1].To;
    }
}
